import Glibc
import Wire

extension WorkerExit {
    /// Ends the process without any cleaning up: what is open is rolled back by those who hold the other end.
    func exit() -> Never {
        _exit(rawValue)
    }
}
