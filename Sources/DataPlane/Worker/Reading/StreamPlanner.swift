import Connectors
import Model
import SwiftProtobuf
import Wire

/// Cuts a stream into ranges, one for each batch, and tells the coordinator as they are found.
struct StreamPlanner {
    /// Ranges in one message.
    static let rangesPerPiece = 500

    let run: OpenedRun
    let mailbox: Mailbox
    let outbox: Outbox

    private struct Stopped: Error {}

    func plan(_ message: WirePlanStream) {
        guard let stream = run.streams[message.streamIndex] else {
            return outbox.fail(
                message.run,
                SluiceError(.internal, "stream \(message.streamIndex) was not opened")
            )
        }
        if message.kind == .deletes { return planDeletes(message, of: stream) }
        outbox.doing("planning \(stream.scan.stream)")
        var piece = WireRangesPlanned.with {
            $0.run = message.run
            $0.streamIndex = message.streamIndex
        }
        do {
            try run.source.plan(
                stream.scan,
                recordsPerRange: Int(max(1, message.recordsPerBatch)),
                range: KeyRange(
                    after: message.hasAfter ? message.after.values : nil,
                    through: message.hasThrough ? message.through.values : nil
                )
            ) { planned in
                if piece.ranges.count == Self.rangesPerPiece {
                    // The rest of the plan is of no use to a run that is ending.
                    guard mailbox.orders.mayPlan else { throw Stopped() }
                    send(&piece)
                }
                piece.ranges.append(WireKeyRange(planned.range, records: planned.records))
            }
            piece.complete = true
            send(&piece)
        } catch is Stopped {
            return
        } catch {
            outbox.fail(message.run, error)
        }
    }

    /// What has to go of the destination's table, once all records are written.
    private func planDeletes(_ message: WirePlanStream, of stream: OpenedStream) {
        var pause = BatchWriter.firstPause
        for attempt in 1... {
            do {
                outbox.doing("looking for what \(stream.scan.stream) has no longer")
                let found = try run.ledgerDestination().planDeletes(of: stream.target)
                return outbox.post(
                    .rangesPlanned(
                        .with {
                            $0.run = message.run
                            $0.streamIndex = message.streamIndex
                            $0.complete = true
                            $0.deletes.rows = UInt64(found.rows)
                            $0.deletes.owned = UInt64(found.owned)
                            $0.deletes.keyless = UInt64(found.keyless)
                        }
                    )
                )
            } catch {
                let error = SluiceError(describing: error)
                guard error.isRetriable, attempt < BatchWriter.triesMax else { return outbox.fail(message.run, error) }
                run.destinationBroke()
                guard mailbox.pause(pause, isStarted: false) else { return }
                pause = pause * 2
            }
        }
    }

    private func send(_ piece: inout WireRangesPlanned) {
        outbox.post(.rangesPlanned(piece))
        outbox.doing("planning")
        piece.ranges = []
        piece.piece += 1
    }
}
