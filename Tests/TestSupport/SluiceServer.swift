public import Client
import Drivers
import Foundation
public import Model

/// A real `sluice serve` with its supervisor and workers, on a store of the test's own.
public final class SluiceServer {
    public private(set) var client: Client
    public let store: String
    private let configuration: String
    private let environment: [String: String]
    private let workers: Int
    private let worker: String?
    private var process: ChildProcess

    /// Starts it and waits for the line that says it listens.
    ///
    /// - Parameters:
    ///   - directory: for the store, the configuration and the sockets; must be there.
    ///   - environment: over this process's own.
    ///   - worker: the workers' executable; nil: `sluice-worker` beside `sluice`.
    public init(
        in directory: String,
        configuration text: String,
        environment extra: [String: String] = [:],
        workers: Int = 2,
        worker: String? = nil
    ) throws {
        self.worker = worker
        store = "\(directory)/sluice.db"
        configuration = "\(directory)/sluice.yaml"
        self.workers = workers
        try text.write(toFile: configuration, atomically: true, encoding: .utf8)
        environment = ProcessInfo.processInfo.environment.merging(extra) { $1 }
        (process, client) = try Self.start(store, configuration, environment, workers, worker)
    }

    deinit {
        try? process.kill()
        _ = try? process.wait()
    }

    /// SIGKILL to the coordinator; its supervisor and workers die with it by themselves.
    public func kill() throws {
        try process.signal(9)
        _ = try process.wait()
    }

    public func restart() throws {
        (process, client) = try Self.start(store, configuration, environment, workers, worker)
    }

    /// Waits until the run has ended; throws when it has not within `patience`.
    public func waitForEnd(of run: RunView, patience: Duration = .seconds(60)) throws -> RunView {
        try wait(for: run, patience: patience, "its end") { $0.state.isTerminal }
    }

    /// Waits until the run is as `isReached` wants it.
    public func wait(
        for run: RunView,
        patience: Duration = .seconds(60),
        _ what: String,
        until isReached: (RunView) -> Bool
    ) throws -> RunView {
        let end = ContinuousClock.now.advanced(by: patience)
        var version: UInt64 = 0
        while ContinuousClock.now < end {
            let (next, view) = try client.watch(run.id.description, since: version)
            if isReached(view) { return view }
            version = next
        }
        let last = try client.run(run.id.description)
        throw NotReached(
            description: "run \(last.number) did not reach \(what): \(last.state), \(last.blockedOn ?? "-")"
        )
    }

    public struct NotReached: Error, CustomStringConvertible {
        public var description: String

        public init(description: String) {
            self.description = description
        }
    }

    /// Where the built programs are: `SLUICE_TEST_BINARIES`, or beside the test's own executable.
    public static func binary(_ name: String) throws -> String {
        let environment = ProcessInfo.processInfo.environment
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let directory =
            environment["SLUICE_TEST_BINARIES"] ?? URL(fileURLWithPath: own).deletingLastPathComponent().path
        let path = "\(directory)/\(name)"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw NotReached(description: "\(path) is not there; build it, or set SLUICE_TEST_BINARIES")
        }
        return path
    }

    private static func start(
        _ store: String,
        _ configuration: String,
        _ environment: [String: String],
        _ workers: Int,
        _ worker: String?
    ) throws -> (ChildProcess, Client) {
        let pipe = try Lifeline()
        let process = try ChildProcess(
            Program(
                path: try binary("sluice"),
                arguments: [
                    "serve", "--config", configuration, "--store", store, "--port", "0", "--slots", "\(workers)",
                    "--output", "json",
                ] + (worker.map { ["--worker", $0] } ?? []),
                environment: environment,
                standardOutput: pipe.held.number
            )
        )
        pipe.held.close()
        let handle = FileHandle(fileDescriptor: pipe.watched.number, closeOnDealloc: false)
        var text = Data()
        while !text.contains(0x0A) || (try? address(in: text)) == nil {
            let piece = handle.availableData
            guard !piece.isEmpty else {
                let ending = try process.wait()
                throw NotReached(description: "sluice serve did not start: \(ending)")
            }
            text += piece
        }
        return (process, try LockFile(store: store).client())
    }

    private static func address(in text: Data) throws -> String {
        struct Ready: Decodable {
            var address: String
        }
        return try JSONDecoder().decode(Ready.self, from: text).address
    }
}
