import Model

/// Streams in write mode `mirror`: when every record of the run is written, what they have written and their sources have no
/// longer is deleted, in batches of their own; the last stream first, since rows of a later one may refer to an earlier one's.
extension RunMachine {
    func isMirror(_ stream: Int) -> Bool { record.streams[stream].writeMode == .mirror }

    /// What is to be deleted of some stream is not decided yet.
    var hasDeletesToCome: Bool { record.streams.indices.contains(where: hasDeletesToCome) }

    private func hasDeletesToCome(_ stream: Int) -> Bool {
        isMirror(stream) && !isCancelled(stream: stream) && record.streams[stream].deletes?.isDecided != true
    }

    /// The stream of which a worker is to find out what has to go, now that all records of the run are done.
    mutating func nextToDelete(_ now: Timestamp, _ steps: inout Steps) -> Int? {
        guard record.state == .running, batches.isEmpty, attempts.isEmpty else { return nil }
        if record.snapshotGeneration > 1 {
            for stream in record.streams.indices where hasDeletesToCome(stream) {
                deletesAreOff(stream, "the view of the source was renewed", now, &steps)
            }
        }
        return record.streams.indices.last { hasDeletesToCome($0) && record.streams[$0].deletes == nil }
    }

    /// A worker found out what would be deleted.
    mutating func deletesPlanned(_ found: DeleteFacts, of stream: Int, _ now: Timestamp, _ steps: inout Steps) {
        // Held meanwhile, it is asked again: only a release of this very hold lets more be deleted than is allowed.
        guard record.state == .running, hasDeletesToCome(stream), record.streams[stream].deletes == nil else { return }
        guard found.keyless == 0 else {
            let records = found.keyless == 1 ? "a record has" : "\(found.keyless) records have"
            return deletesAreOff(stream, "\(records) no readable key", now, &steps)
        }
        let allowed =
            limits.maxDeletes.indices.contains(stream) ? limits.maxDeletes[stream] : StreamSpec.defaultMaxDeletes
        let isHeld = Double(found.rows) > allowed * Double(found.owned)
        record.streams[stream].deletes = DeletesRecord(
            state: isHeld ? .held : .queued,
            rows: found.rows,
            owned: found.owned
        )
        let what = "\(found.rows) of the \(found.owned) rows that stream \(record.streams[stream].stream) has written"
        if isHeld {
            let share = found.owned == 0 ? 100 : 100 * Double(found.rows) / Double(found.owned)
            let limit = "that is \(Self.percent(share)) %, allowed are \(Self.percent(100 * allowed)) %"
            let reason = "\(what) are no longer at its source and would be deleted; \(limit); release or cancel the run"
            hold(.deletes, reason, actor: "coordinator", now, &steps)
        } else {
            log(.info, "\(what) are no longer at its source", at: now, &steps)
            save(from: .running, &steps)
            queueDeletes(of: stream, now, &steps)
        }
    }

    /// A person lets go what a run may not delete by itself.
    mutating func queueHeldDeletes(_ now: Timestamp, _ steps: inout Steps) {
        for stream in record.streams.indices where record.streams[stream].deletes?.state == .held {
            record.streams[stream].deletes?.state = .queued
            save(from: .running, &steps)
            if !isCancelled(stream: stream) { queueDeletes(of: stream, now, &steps) }
        }
    }

    private mutating func queueDeletes(of stream: Int, _ now: Timestamp, _ steps: inout Steps) {
        let rows = record.streams[stream].deletes?.rows ?? 0
        let size = recordsPerBatch(streams[stream])
        let ranges = stride(from: 0, to: rows, by: size).map { first in
            Self.numbers(first, min(first + size, rows))
        }
        add(ranges, of: stream, kind: .deletes, crashes: 0, now, &steps)
        save(from: .running, &steps)
    }

    /// The numbers behind one of them through another one.
    private static func numbers(_ after: Int, _ through: Int) -> (range: KeyRange, records: Int) {
        (KeyRange(after: [String(after)], through: [String(through)]), through - after)
    }

    /// Cuts a batch of deletes that workers die of.
    mutating func halve(_ batch: BatchRecord, _ now: Timestamp, _ steps: inout Steps) {
        guard let first = batch.range.after.flatMap({ Int($0[0]) }) else { return }
        let (middle, last) = (first + batch.records / 2, first + batch.records)
        split(batch.id, into: [Self.numbers(first, middle), Self.numbers(middle, last)], now, &steps)
        assign(now, &steps)
    }

    /// The scan is not whole: a row that it has not seen may still be at the source.
    mutating func deletesAreOff(_ stream: Int, _ reason: String, _ now: Timestamp, _ steps: inout Steps) {
        guard turnOffDeletes(stream, reason, &steps) else { return }
        let what = "nothing of stream \(record.streams[stream].stream) is deleted in this run: \(reason)"
        log(.warning, what, at: now, &steps)
        warnings.append(what)
    }

    /// - Returns: false when it is off, or decided otherwise, already.
    mutating func turnOffDeletes(_ stream: Int, _ reason: String, _ steps: inout Steps) -> Bool {
        guard isMirror(stream), record.streams[stream].deletes == nil else { return false }
        record.streams[stream].deletes = DeletesRecord(state: .off, reason: reason)
        save(from: record.state, &steps)
        return true
    }

    private static func percent(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}

extension DeletesRecord {
    /// Nothing more is to be found out or asked.
    var isDecided: Bool { state != .held }
}
