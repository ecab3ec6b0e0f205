import Foundation
import Model
import Wire

/// What the event loop has for the work thread: commands, orders and decisions.
///
/// The only place where the work thread waits for the coordinator. The event loop never waits in it.
final class Mailbox: @unchecked Sendable {
    // Everything below is guarded by `condition`.
    private let condition = NSCondition()
    private var commands: [Command] = []
    private var current = Orders()
    private var decision: WireDecision?
    private var isClosed = false
    private var isBusy = false
    private var inHand: AttemptID?

    // MARK: the event loop's side

    func put(_ command: Command) {
        change { commands.append(command) }
    }

    func order(_ update: (inout Orders) -> Void) {
        change { update(&current) }
    }

    func decide(_ newer: WireDecision) {
        change { decision = newer }
    }

    /// Takes the assignments that the work thread has not begun.
    func takeUnstarted() -> [Assignment] {
        var taken: [Assignment] = []
        change {
            taken = Self.assignments(commands)
            commands.removeAll {
                if case .assign = $0 { true } else { false }
            }
        }
        return taken
    }

    /// The attempts that are being executed or wait to be.
    var attempts: [AttemptID] {
        condition.withLock {
            (inHand.map { [$0] } ?? []) + Self.assignments(commands).map(\.attempt)
        }
    }

    /// A command is being executed. What it had to say is in the outbox before this becomes false.
    var isExecuting: Bool { condition.withLock { isBusy } }

    // MARK: the work thread's side

    var orders: Orders { condition.withLock { current } }

    /// The next command, in the order they came; blocks. Batches wait while the run is held. nil: nothing will come any
    /// more.
    func next() -> Command? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if isClosed { return nil }
            if let command = commands.first, isDue(command) {
                commands.removeFirst()
                isBusy = true
                if case .assign(let assignment) = command { inHand = assignment.attempt }
                return command
            }
            condition.wait()
        }
    }

    /// The command that `next` gave is done with.
    func finished() {
        change {
            isBusy = false
            inHand = nil
        }
    }

    /// Blocks until the write is decided; nil when the orders do not allow to wait for it any longer.
    func awaitDecision(attempt: AttemptID, write: WriteID, transaction: String) -> WireDecision? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let decided = decision {
                decision = nil
                if AttemptID(bytes: decided.attempt) == attempt,
                    WriteID(bytes: decided.write) == write,
                    decided.transaction == transaction
                {
                    return decided
                }
            }
            guard current.mayWaitForPermit else { return nil }
            condition.wait()
        }
    }

    /// Waits before another try. Ends at once when there may be none any more.
    ///
    /// - Parameter isStarted: an intent of the batch was out before.
    /// - Returns: whether another try may be made.
    func pause(_ duration: Duration, isStarted: Bool) -> Bool {
        let end = Date(timeIntervalSinceNow: Double(duration.microseconds) / 1_000_000)
        condition.lock()
        defer { condition.unlock() }
        while current.mayIntend(isStarted: isStarted), condition.wait(until: end) {}
        return current.mayIntend(isStarted: isStarted)
    }

    /// The work thread gives up: it takes no further command.
    func close() {
        change { isClosed = true }
    }

    private func isDue(_ command: Command) -> Bool {
        if case .assign = command { return current.mayStart }
        return !current.isLeaving
    }

    private func change(_ body: () -> Void) {
        condition.lock()
        body()
        condition.broadcast()
        condition.unlock()
    }

    private static func assignments(_ commands: [Command]) -> [Assignment] {
        commands.compactMap {
            if case .assign(let assignment) = $0 { assignment } else { nil }
        }
    }
}
