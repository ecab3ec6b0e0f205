internal import Drivers
internal import Synchronization

/// Runs a supervisor until its coordinator is gone or ends it; all its workers are dead and reaped then.
///
/// Blocks the caller. The loop has a thread of its own, which lasts as long as there are workers: the kernel kills them
/// when the thread that started them ends. Throws when it cannot start (lock directory, sockets) or cannot go on; no
/// worker is left over in that case either.
public func runSupervisor(_ settings: SupervisorSettings) throws -> SupervisorEnd {
    let outcome = Outcome()
    let thread = try EventThread(name: "supervisor") {
        let result = Result { try Supervisor(settings).run() }
        outcome.result.withLock { $0 = result }
    }
    thread.join()
    let result = outcome.result.withLock { $0 }
    guard let result else {
        throw DriverError(operation: "run the supervisor", text: "its thread ended without a result")
    }
    return try result.get()
}

private final class Outcome: Sendable {
    let result = Mutex<Result<SupervisorEnd, any Error>?>(nil)
}
