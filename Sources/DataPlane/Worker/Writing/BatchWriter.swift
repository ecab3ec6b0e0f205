import Connectors
import Drivers
import Model
import SwiftProtobuf
import Wire

/// The way of one batch through this process:
///
///     read -> map -> open the fence -> stage -> INTENT -> apply -> permit -> commit -> OUTCOME
///
/// Between any two steps the orders are looked at. Nothing but the permit is waited for with a transaction open. After a
/// SIGKILL at any point the journal and the destination's marker tell what became of it.
final class BatchWriter {
    /// What the work thread does after a batch.
    enum After {
        case goOn
        /// The source's view of the data is lost.
        case sourceLost(SluiceError)
        /// A COMMIT was sent and not answered: this process is going to be condemned and does nothing more.
        case inDoubt
    }

    /// Tries after which a destination that keeps rolling back gets a rest.
    static let triesMax = 5
    static let firstPause = Duration.milliseconds(100)
    /// After a failure to connect, before the batch is given back.
    static let reconnectPause = Duration.milliseconds(500)

    private let run: OpenedRun
    private let assignment: Assignment
    private let mailbox: Mailbox
    private let outbox: Outbox
    private let faultSites: FaultSites

    init(
        run: OpenedRun,
        assignment: Assignment,
        mailbox: Mailbox,
        outbox: Outbox,
        faultSites: FaultSites
    ) {
        self.run = run
        self.assignment = assignment
        self.mailbox = mailbox
        self.outbox = outbox
        self.faultSites = faultSites
    }

    func execute() -> After {
        outbox.began(assignment.attempt)
        guard let stream = run.streams[assignment.streamIndex] else {
            return fail(
                SluiceError(.internal, "stream \(assignment.streamIndex) was not opened")
            )
        }
        let mapped: MappedBatch
        do {
            mapped = try records(of: stream)
        } catch {
            let error = SluiceError(describing: error)
            guard error.isRetriable else { return fail(error) }
            giveBack(error.message, transient: true)
            return .sourceLost(error)
        }
        do {
            guard mailbox.orders.mayStart else { return giveBack(mailbox.orders.reason) }
            outbox.doing("opening the fence")
            try run.openFence(of: assignment.attempt)
        } catch {
            let error = SluiceError(describing: error)
            // A tombstone: the attempt was condemned meanwhile.
            if error.code == .conflict { return giveBack(error.message) }
            guard error.isRetriable else { return fail(error) }
            // Other batches would come back from it just as fast.
            outbox.doing("waiting for the destination: \(error.message)")
            _ = mailbox.pause(Self.reconnectPause, isStarted: false)
            return giveBack(error.message, transient: true)
        }
        return write(mapped, of: stream)
    }

    /// What is to be written; a swap and deletes write no records.
    private func records(of stream: OpenedStream) throws -> MappedBatch {
        guard assignment.kind == .records else {
            return MappedBatch(rows: RowBatch(width: stream.target.fields.count), rejections: [:])
        }
        outbox.doing("reading")
        let rows = try stream.read(assignment.range, from: run.source)
        outbox.doing("mapping")
        let mapped = stream.map(rows)
        faultSites.taste(mapped.rows, of: stream.target)
        return mapped
    }

    /// Tries until the batch is over, with new before-images each time.
    private func write(_ mapped: MappedBatch, of stream: OpenedStream) -> After {
        var rejections = mapped.rejections
        var tries = 0
        var isStarted = false
        var pause = Self.firstPause
        while true {
            guard mailbox.orders.mayIntend(isStarted: isStarted) else {
                return giveBack(mailbox.orders.reason)
            }
            let turn = WriteTurn(
                run: run,
                stream: stream,
                assignment: assignment,
                isStarted: isStarted,
                mailbox: mailbox,
                outbox: outbox,
                faultSites: faultSites
            )
            switch turn.take(mapped, rejections: rejections) {
            case .over:
                return .goOn
            case .returned(let reason):
                return giveBack(reason)
            case .rejected(let found, let wasIntended):
                isStarted = isStarted || wasIntended
                let known = rejections.count
                rejections.merge(found) { first, _ in first }
                if rejections.count == known {
                    return fail(
                        SluiceError(
                            .internal,
                            "destination of stream \(stream.scan.stream) rejects the same records again"
                        )
                    )
                }
            case .rolledBack(let reason, let wasIntended):
                isStarted = isStarted || wasIntended
                tries += 1
                guard tries < Self.triesMax else {
                    return giveBack("rolled back \(tries) times, last: \(reason)", transient: true)
                }
                outbox.doing("waiting to try again: \(reason)")
                guard mailbox.pause(pause, isStarted: isStarted) else { return giveBack(mailbox.orders.reason) }
                pause = pause * 2
            case .inDoubt:
                return .inDoubt
            case .failed(let error):
                guard error.isRetriable else { return fail(error) }
                run.destinationBroke()
                return giveBack(error.message, transient: true)
            }
        }
    }

    @discardableResult
    private func giveBack(_ reason: String, transient: Bool = false) -> After {
        let attempt = assignment.attempt.wire
        outbox.post(
            .returned(
                .with {
                    $0.attempt = attempt
                    $0.reason = reason
                    $0.transient = transient
                }
            )
        )
        return .goOn
    }

    /// The run fails first, so that the batch, when it comes back, is not handed out again.
    private func fail(_ error: SluiceError) -> After {
        outbox.fail(assignment.run.wire, error)
        return giveBack(error.message)
    }
}
