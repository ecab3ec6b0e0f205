import Glibc

/// How a worker process ends by itself.
enum ExitStatus: Int32 {
    case done = 0
    case failed = 1
    /// The supervisor is gone (the lifeline's other end was closed).
    case orphaned = 70
    /// The run was terminated.
    case terminated = 71
    /// The coordinator does not know this incarnation, or not any more.
    case condemned = 72
    /// An errand was not done by its deadline.
    case overdue = 73

    /// Ends the process without any cleaning up: what is open is rolled back by those who hold the other end.
    func exit() -> Never {
        _exit(rawValue)
    }
}
