internal import Drivers
internal import Model
internal import Wire

/// Starts `sluice-worker` processes.
///
/// Each gets the read end of a pipe as descriptor 3, which ends with this process, and as descriptor 4 its lock file,
/// locked: the lock lasts exactly as long as the worker does, whoever else has died.
struct Spawner {
    private let settings: SupervisorSettings
    private let locks: LockDirectory
    private let lifeline: Lifeline

    init(settings: SupervisorSettings, locks: LockDirectory) throws {
        self.settings = settings
        self.locks = locks
        lifeline = try Lifeline()
    }

    /// The calling thread must last as long as the worker: the kernel kills the worker at its end.
    func start(_ incarnation: Incarnation) throws -> WorkerProcess {
        let path = locks.path(of: incarnation)
        guard let lock = try FileLock.acquire(path) else {
            throw SluiceError(.conflict, "worker \(incarnation) runs already: \(path) is locked")
        }
        defer { lock.release() }
        do {
            let child = try ChildProcess(program(incarnation, lock))
            return WorkerProcess(incarnation: incarnation, child: child, lockPath: path)
        } catch {
            try locks.remove(incarnation)
            throw error
        }
    }

    private func program(_ incarnation: Incarnation, _ lock: FileLock) -> Program {
        Program(
            path: settings.workerPath,
            arguments: [
                "--work", settings.endpoints.work,
                "--control", settings.endpoints.control,
                "--incarnation", incarnation.description,
                "--supervisor", settings.incarnation.description,
                "--lifeline", "3",
                "--lock", "4",
            ],
            descriptors: [lifeline.watched.number, lock.descriptor],
            diesWithThread: true
        )
    }
}

/// A worker process that has been started and not been reaped.
struct WorkerProcess {
    let incarnation: Incarnation
    let child: ChildProcess
    let lockPath: String
    /// It was sent SIGKILL by order.
    var isKilled = false

    /// Whether this ending is one that it was told to come to.
    func wasOrdered(_ cause: ProcessEnding.Cause) -> Bool {
        switch cause {
        case .signalled: isKilled
        case .exited(let status): isKilled || WorkerExit(rawValue: status)?.wasOrdered == true
        }
    }
}
