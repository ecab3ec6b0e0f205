import Model
import Synchronization

/// What the loop shows to the API's threads: the live part of every run and worker, and a number that grows with changes.
final class LiveBoard: Sendable {
    struct Waiter {
        var until: Timestamp
        var continuation: CheckedContinuation<Void, Never>
    }

    struct State {
        var version: UInt64 = 1
        var runs: [RunID: RunView] = [:]
        var workers: [WorkerView] = []
        var waiters: [UInt64: Waiter] = [:]
        var lastWaiter: UInt64 = 0
        var closed: SluiceError?
    }

    static let patience = Duration.seconds(10)
    private let state = Mutex(State())

    var runs: [RunID: RunView] { state.withLock { $0.runs } }
    var workers: [WorkerView] { state.withLock { $0.workers } }
    var version: UInt64 { state.withLock { $0.version } }
    var isWaitedFor: Bool { state.withLock { !$0.waiters.isEmpty } }
    var closed: SluiceError? { state.withLock { $0.closed } }

    func publish(runs: [RunID: RunView], workers: [WorkerView]) {
        let due = state.withLock { state in
            guard state.runs != runs || state.workers != workers else { return [CheckedContinuation<Void, Never>]() }
            state.runs = runs
            state.workers = workers
            state.version += 1
            defer { state.waiters = [:] }
            return state.waiters.values.map(\.continuation)
        }
        for waiter in due {
            waiter.resume()
        }
    }

    /// Waits until something differs from `version`, or for `patience`.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func changed(since version: UInt64, now: Timestamp) async throws {
        let number = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    guard state.version <= version, state.closed == nil, !Task.isCancelled else { return true }
                    state.waiters[number] = Waiter(until: now.advanced(by: Self.patience), continuation: continuation)
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume()
        }
        try Task.checkCancellation()
    }

    func expire(_ now: Timestamp) {
        let due = state.withLock { state in
            let due = state.waiters.filter { $0.value.until <= now }
            for number in due.keys {
                state.waiters[number] = nil
            }
            return due.values.map(\.continuation)
        }
        for waiter in due {
            waiter.resume()
        }
    }

    func close(_ reason: SluiceError) {
        let due = state.withLock { state in
            state.closed = reason
            defer { state.waiters = [:] }
            return state.waiters.values.map(\.continuation)
        }
        for waiter in due {
            waiter.resume()
        }
    }
}
