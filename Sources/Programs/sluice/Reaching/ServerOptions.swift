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
            discussion: """
                Default: the environment's SLUICE_SERVER, else whoever leads on the store. The token that it asks for is taken \
                from the store's lock file, or from SLUICE_TOKEN.
                """,
            valueName: "url"
        )
    )
    var server: String?

    @Option(help: ArgumentHelp("The file that holds all state.", valueName: "path"))
    var store = "sluice.db"

    /// What later commands need to find the same server.
    var suffix: String {
        (server.map { " --server \($0)" } ?? "") + storeSuffix
    }

    private var storeSuffix: String { store == "sluice.db" ? "" : " --store \(store)" }

    /// How to start what is missing.
    private var start: String {
        "\"sluice serve\(storeSuffix)\" starts one, which takes up what was going on, with --hold as held"
    }

    /// How long a leader that is starting is waited for.
    private static let startPatience = Duration.seconds(5)

    /// The server, which must be running.
    func client() throws -> Client {
        if let client = try running() { return client }
        throw SluiceError(
            .unreachable,
            "no server is running on store \(store); \(start). If it is elsewhere, say where with --server or --store"
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
        if let run = try local.client.runs(job: nil, activeOnly: true, limit: 1).first {
            Console.note("no server is running on store \(store), so run \(run.number) stands still; \(start)")
        }
        try body(local.client)
    }

    /// The server; nil when none is named and nobody leads on the store.
    func running() throws -> Client? {
        let environment = ProcessInfo.processInfo.environment
        if let text = server ?? environment["SLUICE_SERVER"], !text.isEmpty {
            let address = try ServerAddress(text)
            let leader = SQLiteStore.leader(path: store)
            let isLeader = try leader?.address.map(ServerAddress.init) == address
            return Client(server: address, token: isLeader ? leader?.token : environment["SLUICE_TOKEN"])
        }
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: Self.startPatience)
        while let leader = SQLiteStore.leader(path: store) {
            if let address = leader.address { return Client(server: try ServerAddress(address), token: leader.token) }
            guard clock.now < end else {
                throw SluiceError(.timedOut, "\(leader) does not answer yet; try again", isRetriable: true)
            }
            usleep(20_000)
        }
        return nil
    }
}
