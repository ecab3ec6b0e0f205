import ArgumentParser
import Client
import Foundation
import JobConfiguration
import Model

/// Where `check` and `discover` get their connection from: a server, or a configuration and a coordinator of their own.
struct ProbeOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp(
            "Take the connection from this configuration.",
            discussion: "Default: the server's connections, else sluice.yaml.",
            valueName: "path"
        )
    )
    var config: String?

    @OptionGroup var server: ServerOptions

    @Option(help: .hidden)
    var worker: String?

    /// Runs `body` with a server that knows the connections, and the names of those of the configuration, or of the
    /// server's jobs.
    func probe(_ body: (Client, _ names: [String]) throws -> Void) throws {
        if config == nil, let client = try server.running() {
            let names = Set(try client.jobs().flatMap { [$0.spec.source, $0.spec.destination] })
            return try body(client, names.sorted())
        }
        let path = config ?? "sluice.yaml"
        if config == nil, !FileManager.default.fileExists(atPath: path) {
            throw SluiceError(
                .notFound,
                "there is no server and no \(path); name a configuration with --config, or a server with --server"
            )
        }
        let configuration = try ConfigurationOptions.load(path)
        // A store of its own, so that no unfinished run is taken up for the sake of a question.
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        defer { Self.remove(folder) }
        var settings = Serving.Settings(store: folder.appendingPathComponent("sluice.db").path)
        settings.slots = 1
        settings.worker = worker
        let local = try Serving.start(settings)
        defer { local.stop() }
        _ = try local.client.apply(
            ApplyRequest(connections: configuration.connections, jobs: []),
            actor: Console.actor
        )
        try body(local.client, configuration.connections.map(\.name))
    }

    private static func remove(_ folder: URL) {
        do {
            try FileManager.default.removeItem(at: folder)
        } catch {
            Console.note("\(folder.path) is left behind: \(error.localizedDescription)")
        }
    }
}
