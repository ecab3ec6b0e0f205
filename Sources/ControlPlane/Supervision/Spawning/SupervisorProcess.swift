internal import Drivers
internal import Foundation

/// A supervisor process as the program that started it holds it: it dies with that program, and its workers with it.
public final class SupervisorProcess: Sendable {
    private let child: ChildProcess
    private let lifeline: Lifeline

    public var pid: Int32 { child.pid }

    /// Becomes readable when the process has ended; for a poller.
    public var deathDescriptor: Int32 { child.descriptor }

    /// Starts `executable` with `arguments` and `--lifeline 3`: the pipe's read end, whose other end this object holds.
    ///
    /// Throws when it cannot be executed.
    public init(executable: String, arguments: [String]) throws {
        let lifeline = try Lifeline()
        self.lifeline = lifeline
        // Not bound to this thread, which may be one of a pool: the lifeline binds it to the process.
        child = try ChildProcess(
            Program(
                path: executable,
                arguments: arguments + ["--lifeline", "3"],
                descriptors: [lifeline.watched.number]
            )
        )
        lifeline.watched.close()
    }

    /// SIGKILL; its workers die with it. Killing a dead one is fine.
    public func kill() {
        do {
            try child.kill()
        } catch {
            SupervisorSettings.toStandardError("\(error)")
        }
    }

    /// Asks it to end by cutting its lifeline: it kills and reaps its workers first.
    public func cutLifeline() {
        lifeline.held.close()
    }

    /// Waits for its end, collects it and says how it ended. Blocks the thread.
    public func reap() -> String {
        do {
            return try child.wait().description
        } catch {
            return "\(error)"
        }
    }
}
