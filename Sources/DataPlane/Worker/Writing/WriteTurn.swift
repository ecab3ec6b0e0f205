import Connectors
import Drivers
import Model
import SwiftProtobuf
import Wire

/// One try at writing a batch: one destination transaction under one write id.
struct WriteTurn {
    /// How a turn ends.
    enum End {
        /// Committed, refused or fenced: nothing more is to be done for the attempt.
        case over
        /// Rolled back; the batch goes back to the coordinator.
        case returned(reason: String)
        /// Rolled back: these records cannot be written, the others can.
        case rejected([Int: Rejection], wasIntended: Bool)
        /// Rolled back; another turn may succeed.
        case rolledBack(reason: String, wasIntended: Bool)
        case inDoubt
        case failed(SluiceError)
    }

    let run: OpenedRun
    let stream: OpenedStream
    let assignment: Assignment
    /// An earlier turn of the attempt had its intent out.
    let isStarted: Bool
    let mailbox: Mailbox
    let outbox: Outbox
    let faultSites: FaultSites
    private let identity: WriteIdentity

    init(
        run: OpenedRun,
        stream: OpenedStream,
        assignment: Assignment,
        isStarted: Bool,
        mailbox: Mailbox,
        outbox: Outbox,
        faultSites: FaultSites
    ) {
        self.run = run
        self.stream = stream
        self.assignment = assignment
        self.isStarted = isStarted
        self.mailbox = mailbox
        self.outbox = outbox
        self.faultSites = faultSites
        identity = run.identity(of: assignment.attempt)
    }

    func take(_ mapped: MappedBatch, rejections: [Int: Rejection]) -> End {
        let staged: StagedWrite
        let rows: RowBatch
        do {
            outbox.doing("staging")
            (staged, rows) = try stage(mapped, rejections)
        } catch {
            return end(of: error, intent: nil)
        }
        let intent: WireIntent
        do {
            intent = try Journalling(identity: identity, batch: assignment.batch, stream: stream)
                .intent(of: staged, rows: rows, lines: mapped.lines)
        } catch {
            run.destination.rollBack()
            return .failed(SluiceError(describing: error))
        }
        // The last look before anything is said of this write.
        guard mailbox.orders.mayIntend(isStarted: isStarted) else {
            run.destination.rollBack()
            return .returned(reason: mailbox.orders.reason)
        }
        faultSites.pass(.beforeIntent, of: assignment.kind)
        outbox.intends(identity.write)
        outbox.post(.intent(intent))
        faultSites.pass(.afterIntent, of: assignment.kind, settle: .milliseconds(30))
        if !staged.isApplied {
            do {
                outbox.doing("applying")
                try run.destination.apply()
            } catch {
                return end(of: error, intent: intent)
            }
        }
        return decide(intent)
    }

    /// - Returns: also what the keys of rejected rows are found in.
    private func stage(
        _ mapped: MappedBatch,
        _ rejections: [Int: Rejection]
    ) throws -> (staged: StagedWrite, rows: RowBatch) {
        switch assignment.kind {
        case .records:
            let staged = try run.destination.stage(
                identity,
                target: stream.target,
                rows: mapped.rows,
                rejections: rejections
            )
            return (staged, mapped.rows)
        case .swap:
            guard let destination = run.destination as? any ReplacingDestination else {
                throw WriteFailure.failed(SluiceError(.internal, "a swap at a destination that cannot replace"))
            }
            let staged = try destination.stageSwap(identity, target: stream.target, records: assignment.records)
            return (staged, mapped.rows)
        case .deletes:
            guard let destination = run.destination as? any LedgerDestination, let numbers = assignment.numbers else {
                throw WriteFailure.failed(
                    SluiceError(.internal, "deletes without numbers, or at a destination that has none")
                )
            }
            return try destination.stageDeletes(identity, target: stream.target, numbers: numbers)
        }
    }

    /// Waits for the coordinator's decision on this very transaction and does what it says.
    private func decide(_ intent: WireIntent) -> End {
        outbox.doing("waiting for a permit")
        let decision = mailbox.awaitDecision(
            attempt: identity.attempt,
            write: identity.write,
            transaction: intent.transaction
        )
        switch decision?.verb {
        case .permit:
            return commit(intent)
        case .refuse:
            run.destination.rollBack()
            report(intent, .rolledBack, reason: decision?.reason ?? "")
            return .over
        case .retry:
            run.destination.rollBack()
            return .returned(reason: decision?.reason ?? "")
        default:
            // Held or leaving: nobody waits with locks held. A permit that is on its way finds the write ended.
            run.destination.rollBack()
            report(intent, .rolledBack, reason: mailbox.orders.reason, again: true)
            return .returned(reason: mailbox.orders.reason)
        }
    }

    private func commit(_ intent: WireIntent) -> End {
        faultSites.pass(.afterPermit, of: assignment.kind)
        outbox.doing("committing")
        do {
            faultSites.pass(.inCommit, of: assignment.kind)
            faultSites.pass(.duringCommit, of: assignment.kind)
            let committedAt = try run.destination.commit()
            faultSites.pass(.beforeOutcome, of: assignment.kind)
            report(intent, .committed, committedAt: committedAt)
            faultSites.pass(.afterOutcome, of: assignment.kind, settle: .milliseconds(30))
            return .over
        } catch {
            return end(of: error, intent: intent)
        }
    }

    /// What a failure means; says so where an intent is out.
    private func end(of error: any Error, intent: WireIntent?) -> End {
        switch error {
        case WriteFailure.rolledBack(let reason):
            report(intent, .rolledBack, reason: reason, again: true)
            return .rolledBack(reason: reason, wasIntended: intent != nil)
        case WriteFailure.rejected(let rejections):
            run.destination.rollBack()
            report(intent, .rolledBack, reason: Self.rejected(rejections.count), again: true)
            return .rejected(rejections, wasIntended: intent != nil)
        case WriteFailure.fenced(let reason):
            guard intent != nil else { return .returned(reason: reason) }
            report(intent, .rolledBack, reason: reason)
            return .over
        case WriteFailure.unsure(let reason):
            report(intent, .unsure, reason: reason)
            return .inDoubt
        case WriteFailure.failed(let failure):
            report(intent, .rolledBack, reason: failure.message, again: true)
            return .failed(failure)
        default:
            run.destination.rollBack()
            let failure = SluiceError(describing: error)
            report(intent, .rolledBack, reason: failure.message, again: true)
            return .failed(failure)
        }
    }

    private static func rejected(_ count: Int) -> String { "\(count) record\(count == 1 ? "" : "s") rejected" }

    private func report(
        _ intent: WireIntent?,
        _ ending: WireEnding,
        reason: String = "",
        committedAt: Timestamp? = nil,
        again: Bool = false
    ) {
        guard let intent else { return }
        outbox.post(
            .outcome(
                .with {
                    $0.attempt = intent.attempt
                    $0.write = intent.write
                    $0.digest = intent.digest
                    $0.ending = ending
                    $0.reason = reason
                    $0.committedAtUs = UInt64(max(0, committedAt?.microseconds ?? 0))
                    $0.again = again
                }
            )
        )
    }
}
