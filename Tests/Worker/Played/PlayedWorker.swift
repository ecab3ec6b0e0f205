import Drivers
import Foundation
import Model
import TestSupport
import Wire

/// The real `sluice-worker` as a child of the test, which plays its supervisor.
final class PlayedWorker {
    let incarnation: Incarnation
    let process: ChildProcess
    let lockPath: String
    private var lifeline: Lifeline?
    private let log: String

    init(endpoints: Endpoints, in directory: TemporaryDirectory, environment: [String: String]) throws {
        let now = UInt64(SystemClock.wallMicroseconds() / 1000)
        incarnation = .make(milliseconds: now)
        lockPath = "\(directory.path)/lock-\(incarnation)"
        log = "\(directory.path)/stderr-\(incarnation)"
        let line = try Lifeline()
        guard let lock = try FileLock.acquire(lockPath) else { throw NoLock(path: lockPath) }
        try Data().write(to: URL(filePath: log))
        let stderr = try FileHandle(forWritingTo: URL(filePath: log))
        let hex = { (id: Incarnation) in id.description.replacing("-", with: "") }
        process = try ChildProcess(
            Program(
                path: Self.program,
                arguments: [
                    "--work", endpoints.work, "--control", endpoints.control,
                    "--incarnation", hex(incarnation), "--supervisor", hex(.make(milliseconds: now)),
                    "--lifeline", "3", "--lock", "4",
                ],
                environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
                descriptors: [line.watched.number, lock.descriptor],
                standardError: stderr.fileDescriptor
            )
        )
        line.watched.close()
        lock.release()
        lifeline = line
    }

    /// What the process wrote on standard error.
    var complaints: String {
        (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    }

    /// The supervisor is gone.
    func cutLifeline() {
        lifeline?.held.close()
        lifeline = nil
    }

    /// Kills it if it still runs.
    func end() {
        try? process.kill()
        _ = try? process.wait()
    }

    private static var program: String {
        // The test bundle lies beside the programs.
        let bundle = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        return bundle.appending(path: "sluice-worker").path
    }
}

struct NoLock: Error {
    let path: String
}
