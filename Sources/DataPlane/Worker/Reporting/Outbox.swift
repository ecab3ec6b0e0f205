import Drivers
import Foundation
import Model
import Wire

/// What the work thread has to say, and what it is doing; the event loop sends it.
final class Outbox: @unchecked Sendable {
    /// Something for the event loop to carry out.
    enum Entry {
        case send(WireEnvelope.OneOf_Body)
        /// The work thread wants to make room for a fresh process.
        case leave(reason: String)
    }

    /// What a heartbeat tells of the work thread.
    struct Progress {
        var attempt: AttemptID?
        /// Of the last intent of the attempt.
        var write: WriteID?
        var doing = ""
        /// When a blocking call last returned, in ns of CLOCK_BOOTTIME.
        var stampedAt = SystemClock.bootNanoseconds()
    }

    let doorbell: Doorbell
    // Both are guarded by `lock`.
    private let lock = NSLock()
    private var entries: [Entry] = []
    private var current = Progress()

    init() throws {
        doorbell = try Doorbell()
    }

    // MARK: the work thread's side

    func post(_ body: WireEnvelope.OneOf_Body) {
        lock.withLock { entries.append(.send(body)) }
        doorbell.ring()
    }

    func leave(reason: String) {
        lock.withLock { entries.append(.leave(reason: reason)) }
        doorbell.ring()
    }

    /// A step begins (`reading`, `staging`, …); the one before has returned.
    func doing(_ step: String) {
        lock.withLock {
            current.doing = step
            current.stampedAt = SystemClock.bootNanoseconds()
        }
    }

    func began(_ attempt: AttemptID) {
        lock.withLock {
            current.attempt = attempt
            current.write = nil
        }
    }

    func intends(_ write: WriteID) {
        lock.withLock { current.write = write }
    }

    /// Nothing is in hand any more.
    func rest() {
        lock.withLock { current = Progress() }
        doorbell.ring()
    }

    // MARK: the event loop's side

    /// What has come since the last time. Silences the doorbell.
    func take() -> [Entry] {
        doorbell.silence()
        return lock.withLock {
            defer { entries = [] }
            return entries
        }
    }

    var progress: Progress { lock.withLock { current } }
}
