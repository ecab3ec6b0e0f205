import Model
import Synchronization

/// What the loop shows to the API's threads: the live part of every run and worker, and a number that grows with changes.
final class LiveBoard: Sendable {
    struct State {
        var version: UInt64 = 1
        var runs: [RunID: RunView] = [:]
        var workers: [WorkerView] = []
        var waiters: [(since: UInt64, until: Timestamp, resume: CheckedContinuation<Void, Never>)] = []
        var closed: SluiceError?
    }

    static let patience = Duration.seconds(10)
    private let state = Mutex(State())

    var runs: [RunID: RunView] { state.withLock { $0.runs } }
    var workers: [WorkerView] { state.withLock { $0.workers } }
    var version: UInt64 { state.withLock { $0.version } }
    var closed: SluiceError? { state.withLock { $0.closed } }

    func publish(runs: [RunID: RunView], workers: [WorkerView]) {
        let due = state.withLock { state in
            guard state.runs != runs || state.workers != workers else { return [CheckedContinuation<Void, Never>]() }
            state.runs = runs
            state.workers = workers
            state.version += 1
            defer { state.waiters = [] }
            return state.waiters.map(\.resume)
        }
        for waiter in due {
            waiter.resume()
        }
    }

    /// Waits until something differs from `version`, or for `patience`.
    func changed(since version: UInt64, now: Timestamp) async {
        await withCheckedContinuation { continuation in
            let isDue = state.withLock { state in
                guard state.version <= version, state.closed == nil else { return true }
                state.waiters.append((version, now.advanced(by: Self.patience), continuation))
                return false
            }
            if isDue { continuation.resume() }
        }
    }

    func expire(_ now: Timestamp) {
        let due = state.withLock { state in
            let due = state.waiters.filter { $0.until <= now }
            if !due.isEmpty { state.waiters.removeAll { $0.until <= now } }
            return due.map(\.resume)
        }
        for waiter in due {
            waiter.resume()
        }
    }

    func close(_ reason: SluiceError) {
        let due = state.withLock { state in
            state.closed = reason
            defer { state.waiters = [] }
            return state.waiters.map(\.resume)
        }
        for waiter in due {
            waiter.resume()
        }
    }
}
