import ArgumentParser
import Client
import Foundation
import Model
import Store

/// Which server a command talks to.
struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Address of the server, for example http://127.0.0.1:7584.",
            discussion: "Default: the environment's SLUICE_SERVER, else whoever leads on the store.",
            valueName: "url"
        )
    )
    var server: String?

    @Option(help: ArgumentHelp("The file that holds all state.", valueName: "path"))
    var store = "sluice.db"

    /// What later commands need to find the same server.
    var suffix: String {
        if let server { return " --server \(server)" }
        return store == "sluice.db" ? "" : " --store \(store)"
    }

    /// How long a leader that is starting is waited for.
    private static let startPatience = Duration.seconds(5)

    /// The server, which must be running.
    func client() throws -> Client {
        if let client = try running() { return client }
        throw SluiceError(
            .unreachable,
            "no server is running on store \(store); start one with \"sluice serve\", or say where it is with --server "
                + "or --store"
        )
    }

    /// Runs `body` with the server; when there is none, with the store itself, which can then only be read.
    func reading(_ body: (Client) throws -> Void) throws {
        if let client = try running() { return try body(client) }
        guard FileManager.default.fileExists(atPath: store) else {
            throw SluiceError(
                .notFound,
                "there is no server and no store \(store); start one with \"sluice run\" or \"sluice serve\", or say where "
                    + "it is with --server or --store"
            )
        }
        let local = try LocalServer.inspecting(store: store)
        defer { local.stop() }
        try body(local.client)
    }

    /// The server; nil when none is named and nobody leads on the store.
    func running() throws -> Client? {
        if let text = server ?? ProcessInfo.processInfo.environment["SLUICE_SERVER"], !text.isEmpty {
            return Client(server: try ServerAddress(text))
        }
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: Self.startPatience)
        while let leader = SQLiteStore.leader(path: store) {
            if let address = leader.address { return Client(server: try ServerAddress(address)) }
            guard clock.now < end else {
                throw SluiceError(.timedOut, "\(leader) does not answer yet; try again", isRetriable: true)
            }
            usleep(20_000)
        }
        return nil
    }
}
