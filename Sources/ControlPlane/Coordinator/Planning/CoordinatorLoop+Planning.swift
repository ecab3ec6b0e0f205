import Decisions
import Model
import Store
import Wire

extension CoordinatorLoop {
    func runOpened(_ opened: WireRunOpened, by incarnation: Incarnation, _ run: RunID) {
        guard RunID(bytes: opened.run) == run else { return }
        var facts: [Int: StreamFacts] = [:]
        var warnings: [String] = []
        for stream in opened.streams {
            facts[Int(stream.streamIndex)] = StreamFacts(
                sourceRecords: stream.sourceRecords < 0 ? nil : stream.sourceRecords,
                recordBytes: stream.recordBytes <= 0 ? nil : stream.recordBytes,
                keepsLedger: stream.keepsLedger
            )
            warnings += stream.warnings
        }
        keep(warnings, of: run)
        act(on: run) {
            $0.runOpened(
                incarnation,
                snapshot: opened.snapshot,
                isSingleWriter: opened.singleWriter,
                streams: facts,
                warnings: warnings,
                now
            )
        }
    }

    /// What is new of them, so that they are shown of the run when it has ended, too.
    private func keep(_ warnings: [String], of run: RunID) {
        guard let known = runs[run]?.machine.warnings else { return }
        for warning in warnings where !known.contains(warning) {
            changes.append(
                .audit(
                    AuditRecord(
                        at: now,
                        actor: "coordinator",
                        event: AuditRecord.warned,
                        run: run,
                        detail: warning
                    )
                )
            )
        }
    }

    func rangesPlanned(_ planned: WireRangesPlanned, by incarnation: Incarnation, _ run: RunID) {
        guard RunID(bytes: planned.run) == run, let job = runs[run]?.job,
            job.streams.indices.contains(Int(planned.streamIndex))
        else { return }
        let ranges = planned.ranges.map { (range: KeyRange($0), records: Int(clamping: $0.records)) }
        act(on: run) {
            $0.rangesPlanned(
                incarnation,
                stream: Int(planned.streamIndex),
                piece: planned.piece,
                ranges: ranges,
                complete: planned.complete,
                deletes: planned.hasDeletes ? DeleteFacts(planned.deletes) : nil,
                now
            )
        }
    }

    func openRun(_ incarnation: Incarnation, _ active: ActiveRun, snapshot: String) throws {
        var order = WireOpenRun()
        order.run = active.machine.record.id.wire
        order.installation = store.installation.wire
        order.jobJson = try JSONText.encode(active.job)
        order.sourceJson = try JSONText.encode(active.source)
        order.destinationJson = try JSONText.encode(active.destination)
        order.snapshot = snapshot
        order.streamIndexes = active.job.streams.indices.map { UInt32($0) }
        outbox.append(.work(incarnation, .openRun(order)))
    }

    func planStream(
        _ incarnation: Incarnation,
        _ run: RunID,
        stream: Int,
        kind: BatchKind,
        recordsPerBatch: Int,
        range: KeyRange
    ) {
        var order = WirePlanStream()
        order.run = run.wire
        order.streamIndex = UInt32(stream)
        order.kind = WireBatchKind(kind)
        order.recordsPerBatch = UInt32(recordsPerBatch)
        if let after = range.after { order.after.values = after }
        if let through = range.through { order.through.values = through }
        outbox.append(.work(incarnation, .planStream(order)))
    }
}

extension DeleteFacts {
    init(_ plan: WireDeletePlan) {
        self.init(
            rows: Int(clamping: plan.rows),
            owned: Int(clamping: plan.owned),
            keyless: Int(clamping: plan.keyless)
        )
    }
}

extension AuditRecord {
    /// The event of a warning that a worker gave when it opened the run.
    static let warned = "stream_warned"
}
