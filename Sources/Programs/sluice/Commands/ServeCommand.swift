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

            With --config the configuration is applied first, as "sluice apply" does.
            """
    )

    @Option(name: [.customShort("f"), .long], help: ArgumentHelp("Apply this configuration first.", valueName: "path"))
    var config: String?

    @Option(help: "A loopback address.")
    var host = "127.0.0.1"

    @Option(help: "The API's port; 0 chooses a free one.")
    var port = 7584

    @OptionGroup var local: LocalOptions
    @OptionGroup var output: OutputOptions

    private struct Ready: Encodable {
        var address: String
        var pid: Int32
        var store: String
        var changes: [String]
    }

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port is \(port); allowed: 0 to 65535") }
    }

    func run() throws {
        let configuration = try config.map(ConfigurationOptions.load)
        let server = try Serving.start(local.settings(port: port, host: host))
        defer { server.stop() }
        var changes: [String] = []
        if let configuration {
            let request = ApplyRequest(connections: configuration.connections, jobs: configuration.jobs)
            changes = try server.client.apply(request, actor: Console.actor).lines.map { Human.safe($0) }
        }
        let store = URL(fileURLWithPath: local.store).standardizedFileURL.path
        let ready = Ready(address: server.address, pid: getpid(), store: store, changes: changes)
        let slots = Human.count(local.slots ?? Serving.defaultSlots, of: "worker") + " and a spare"
        try output.show(
            ready,
            human: changes + ["listening on \(server.address), store \(store), \(slots); Ctrl-C stops"]
        )
        let stopping = DispatchSemaphore(value: 0)
        Interrupts.listen { count in
            if count > 1 { _exit(RunExit.failed.rawValue) }
            stopping.signal()
        }
        server.onEnd { stopping.signal() }
        stopping.wait()
        if let failure = server.failure { throw failure }
        Console.note("stopping; runs that are going on are taken up by the next start")
    }
}
