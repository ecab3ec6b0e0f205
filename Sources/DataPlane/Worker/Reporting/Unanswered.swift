import Model
import SwiftProtobuf
import Wire

/// Intents without a decision and outcomes without an acknowledgement: sent again until they are answered.
///
/// What is sent again is the same message with the same digest, by which the coordinator knows it.
struct Unanswered {
    /// How long the coordinator is given before it hears the same again.
    static let patience = Duration.seconds(2)

    private enum Body {
        case intent(WireIntent)
        case outcome(WireOutcome)
    }

    private struct Waiting {
        var body: Body
        var sentAt: Int64
    }

    private var waiting: [WriteID: Waiting] = [:]
    /// In the order they were first sent.
    private var order: [WriteID] = []

    /// Takes note of what is sent at `now` (ns of CLOCK_BOOTTIME). Whatever needs no answer is not kept.
    mutating func sent(_ body: WireEnvelope.OneOf_Body, at now: Int64) {
        switch body {
        case .intent(let intent):
            keep(.intent(intent), of: WriteID(bytes: intent.write), at: now)
        case .outcome(let outcome):
            keep(.outcome(outcome), of: WriteID(bytes: outcome.write), at: now)
        default:
            break
        }
    }

    /// Whether the decision is about an intent that waits for one, its very transaction included.
    mutating func decided(_ decision: WireDecision) -> Bool {
        guard let write = WriteID(bytes: decision.write),
            case .intent(let intent) = waiting[write]?.body,
            intent.attempt == decision.attempt, intent.transaction == decision.transaction
        else { return false }
        forget(write)
        return true
    }

    mutating func acknowledged(_ write: WriteID) {
        guard case .outcome = waiting[write]?.body else { return }
        forget(write)
    }

    /// What has waited too long; it counts as sent at `now`.
    mutating func due(at now: Int64) -> [WireEnvelope.OneOf_Body] {
        take(at: now) { now - $0.sentAt >= Self.patience.nanoseconds }
    }

    /// Everything, for a coordinator that has not heard it; it counts as sent at `now`.
    mutating func all(at now: Int64) -> [WireEnvelope.OneOf_Body] {
        take(at: now) { _ in true }
    }

    var isEmpty: Bool { order.isEmpty }

    /// The attempts concerned, each with its last write.
    var attempts: [WireOpenAttempt] {
        order.compactMap { write in
            waiting[write].map { entry in
                WireOpenAttempt.with {
                    $0.write = write.wire
                    $0.attempt =
                        switch entry.body {
                        case .intent(let intent): intent.attempt
                        case .outcome(let outcome): outcome.attempt
                        }
                }
            }
        }
    }

    private mutating func keep(_ body: Body, of write: WriteID?, at now: Int64) {
        guard let write else { return }
        if waiting.updateValue(Waiting(body: body, sentAt: now), forKey: write) == nil {
            order.append(write)
        }
    }

    private mutating func forget(_ write: WriteID) {
        waiting[write] = nil
        order.removeAll { $0 == write }
    }

    private mutating func take(
        at now: Int64,
        where isWanted: (Waiting) -> Bool
    ) -> [WireEnvelope.OneOf_Body] {
        order.compactMap { write in
            guard let entry = waiting[write], isWanted(entry) else { return nil }
            waiting[write]?.sentAt = now
            switch entry.body {
            case .intent(let intent): return .intent(intent)
            case .outcome(let outcome): return .outcome(outcome)
            }
        }
    }
}

extension Duration {
    /// Whole nanoseconds, rounded towards zero.
    var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
