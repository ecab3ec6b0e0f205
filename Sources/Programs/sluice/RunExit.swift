import ArgumentParser
import Model

/// The exit codes of every command.
enum RunExit: Int32 {
    case fine = 0
    case failed = 1
    case usage = 2
    case cancelled = 3
    case held = 4

    /// Of a command that followed a run until it stood like this.
    init(_ state: RunState) {
        switch state {
        case .failed: self = .failed
        case .cancelled: self = .cancelled
        case .held: self = .held
        default: self = .fine
        }
    }

    /// Ends the command with this code.
    func leave() throws {
        if self != .fine { throw ExitCode(rawValue) }
    }
}
