import ArgumentParser
import Client
import Dispatch
import Foundation
import Glibc
import JobConfiguration
import Model

/// `sluice serve`: coordinator, API and local supervisor with its workers.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve: run jobs that other commands start, watch and cancel.",
        discussion: """
            Listens on this machine only. Ctrl-C stops it; runs that are going on are taken up by the next start.

            With --config the configuration is applied first, as "sluice apply" does. A run that was interrupted goes on, unless \
            its job is another one now: then it is held, as with --hold every one is.
            """
    )

    @Option(name: [.customShort("f"), .long], help: ArgumentHelp("Apply this configuration first.", valueName: "path"))
    var config: String?

    @Option(help: "A loopback address.")
    var host = "127.0.0.1"

    @Option(help: "The API's port; 0 chooses a free one.")
    var port = 7584

    @Flag(
        help:
            "Hold the runs that were interrupted: nothing of them is written until \"sluice release\" or \"sluice cancel\"."
    )
    var hold = false

    @OptionGroup var local: LocalOptions
    @OptionGroup var output: OutputOptions

    private struct Ready: Encodable {
        var address: String
        var pid: Int32
        var store: String
        var changes: [String]
        var takenUp: [TakenUp]
    }

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port is \(port); allowed: 0 to 65535") }
    }

    func run() throws {
        let configuration = try config.map(ConfigurationOptions.load)
        var settings = local.settings(port: port, host: host)
        settings.holdsInterrupted = hold
        let request = configuration.map { ApplyRequest(connections: $0.connections, jobs: $0.jobs) }
        let (server, applied) = try Serving.start(settings, applying: request)
        defer { server.stop() }
        let changes = (applied?.lines ?? []).map { Human.safe($0) }
        let stopping = DispatchSemaphore(value: 0)
        Interrupts.listen { count in
            if count > 1 { _exit(RunExit.failed.rawValue) }
            stopping.signal()
        }
        let store = URL(fileURLWithPath: local.store).standardizedFileURL.path
        let takenUp = try TakenUp.list(of: server.client)
        let ready = Ready(address: server.address, pid: getpid(), store: store, changes: changes, takenUp: takenUp)
        let slots = Human.count(local.slots ?? Serving.defaultSlots, of: "worker") + " and a spare"
        try output.show(
            ready,
            human: changes + takenUp.map(\.line) + [
                "listening on \(server.address), store \(store), \(slots); Ctrl-C stops"
            ]
        )
        server.onEnd { stopping.signal() }
        stopping.wait()
        if let failure = server.failure { throw failure }
        Console.note("stopping; runs that are going on are taken up by the next start")
    }
}
