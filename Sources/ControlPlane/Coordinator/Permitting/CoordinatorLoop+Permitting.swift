import Decisions
import Foundation
import Model
import Store
import SwiftProtobuf
import Wire

extension CoordinatorLoop {
    /// An intent: the machine decides, the decision is stored with it at the end of this turn, then it is answered.
    func intentReceived(_ intent: WireIntent, from incarnation: Incarnation, _ run: RunID?) {
        guard let batch = BatchID(bytes: intent.batch), let attempt = AttemptID(bytes: intent.attempt),
            let write = WriteID(bytes: intent.write), intent.digest.count == 16
        else {
            log("worker \(incarnation): an intent with malformed ids was dropped")
            return
        }
        guard let run, RunID(bytes: intent.run) == run, runs[run] != nil else {
            answer(
                incarnation,
                PermitAnswer(
                    attempt: attempt,
                    write: write,
                    transaction: intent.transaction,
                    decision: .refuse,
                    reason: "the run has ended"
                )
            )
            return
        }
        var header = intent.header
        let hashes = [UInt8](header.keyHashes)
        header.keyHashes = .init()
        let serialized: [UInt8]
        do {
            serialized = [UInt8](try header.serializedBytes() as [UInt8])
        } catch {
            log("worker \(incarnation): an intent's header cannot be stored: \(error)")
            return
        }
        let facts = IntentFacts(
            batch: batch,
            attempt: attempt,
            write: write,
            transaction: intent.transaction,
            system: intent.system,
            digest: [UInt8](intent.digest),
            counts: WriteCounts(
                inserted: Int(header.inserted),
                updated: Int(header.updated),
                deleted: Int(header.deleted),
                unchanged: Int(header.unchanged),
                rejected: Int(header.rejected)
            ),
            header: serialized,
            keyHashes: hashes,
            segment: [UInt8](intent.segment)
        )
        act(on: run) { $0.intentReceived(incarnation, facts, epoch: store.epoch, now) }
    }

    func outcomeReceived(_ outcome: WireOutcome, from incarnation: Incarnation, _ run: RunID?) {
        guard let attempt = AttemptID(bytes: outcome.attempt), let write = WriteID(bytes: outcome.write) else {
            log("worker \(incarnation): an outcome with malformed ids was dropped")
            return
        }
        let ending: OutcomeFacts.Ending
        switch outcome.ending {
        case .committed: ending = .committed(at: Timestamp(microseconds: Int64(clamping: outcome.committedAtUs)))
        case .rolledBack: ending = .rolledBack
        case .unsure: ending = .unsure
        case .unspecified, .UNRECOGNIZED:
            log("worker \(incarnation): an outcome without an ending was dropped")
            return
        }
        guard let run, runs[run] != nil else {
            acknowledge(incarnation, attempt: attempt, write: write)
            return
        }
        let facts = OutcomeFacts(
            attempt: attempt,
            write: write,
            ending: ending,
            reason: outcome.reason,
            again: outcome.again
        )
        act(on: run) { $0.outcomeReceived(incarnation, facts, now) }
    }

    func answer(_ incarnation: Incarnation, _ answer: PermitAnswer) {
        var decision = WireDecision()
        decision.attempt = answer.attempt.wire
        decision.write = answer.write.wire
        decision.transaction = answer.transaction
        decision.reason = answer.reason
        decision.desired = desired(of: incarnation)
        decision.verb = WireDecision.Verb(answer.decision)
        outbox.append(.work(incarnation, .decision(decision)))
    }

    func acknowledge(_ incarnation: Incarnation, attempt: AttemptID, write: WriteID) {
        var ack = WireOutcomeAck()
        ack.attempt = attempt.wire
        ack.write = write.wire
        ack.desired = desired(of: incarnation)
        outbox.append(.work(incarnation, .outcomeAck(ack)))
    }
}
