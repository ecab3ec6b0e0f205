public import Model

extension RunMachine {
    /// A worker found ranges of a stream; each becomes a batch.
    ///
    /// Pieces come in order; one that does not fit (a repeated one, one of a planner that was replaced) is ignored.
    public mutating func rangesPlanned(
        _ incarnation: Incarnation,
        stream: Int,
        piece: UInt32,
        ranges: [(range: KeyRange, records: Int)],
        complete: Bool,
        deletes: DeleteFacts? = nil,
        _ now: Timestamp
    ) -> Steps {
        var steps = Steps()
        guard var planning = workers[incarnation]?.planning, planning.stream == stream,
            planning.piece == piece, record.state == .running || record.state == .held,
            (planning.kind == .deletes) == (deletes != nil)
        else { return steps }
        planning.piece += 1
        unplannedSince = nil
        if planning.splits != nil { planning.found += ranges }
        workers[incarnation]?.planning = complete ? nil : planning
        if !isCancelled(stream: stream) {
            if let deletes {
                deletesPlanned(deletes, of: stream, now, &steps)
            } else if let batch = planning.splits {
                if complete { split(batch, into: planning.found, now, &steps) }
            } else {
                planned(ranges, of: stream, complete: complete, now, &steps)
            }
        }
        planNext(now, &steps)
        assign(now, &steps)
        checkEnd(now, &steps)
        return steps
    }

    private mutating func planned(
        _ ranges: [(range: KeyRange, records: Int)],
        of stream: Int,
        complete: Bool,
        _ now: Timestamp,
        _ steps: inout Steps
    ) {
        add(ranges, of: stream, crashes: 0, now, &steps)
        if let last = ranges.last {
            record.streams[stream].plannedThrough = last.range.through
        }
        record.streams[stream].planComplete = complete
        if complete {
            let counts = record.counts
            let what = "stream \(record.streams[stream].stream) is planned"
            log(
                .info,
                "\(what); the run has \(counts.planned) records in \(counts.batchesPlanned) batches",
                at: now,
                &steps
            )
        }
        save(from: record.state, &steps)
    }

    /// Queues a batch for each range and returns their sequence numbers.
    @discardableResult
    mutating func add(
        _ ranges: [(range: KeyRange, records: Int)],
        of stream: Int,
        kind: BatchKind = .records,
        crashes: Int,
        _ now: Timestamp,
        _ steps: inout Steps
    ) -> Range<Int> {
        let first = nextSequence
        var added: [BatchRecord] = []
        for (range, records) in ranges {
            let batch = BatchRecord(
                id: newID(now),
                run: record.id,
                streamIndex: stream,
                kind: kind,
                sequence: nextSequence,
                range: range,
                records: records,
                crashes: crashes
            )
            nextSequence += 1
            added.append(batch)
            batches[batch.id] = Batch(record: batch)
            enqueue(batch.id)
            record.counts.planned += records
        }
        record.counts.batchesPlanned += added.count
        if !added.isEmpty {
            steps.changes.append(.insertBatches(added))
        }
        return first..<nextSequence
    }

    /// Sends the first stream that is not wholly planned to a worker, or the first batch to be split, unless one is at it.
    mutating func planNext(_ now: Timestamp, _ steps: inout Steps) {
        guard record.state == .running, !workers.values.contains(where: { $0.planning != nil }) else { return }
        if let stream = record.streams.indices.first(where: { !isPlanned(stream: $0) }) {
            plan(
                Planning(stream: stream),
                recordsPerBatch: recordsPerBatch(streams[stream]),
                range: KeyRange(after: record.streams[stream].plannedThrough),
                &steps
            )
        } else if let batch = nextToSplit, batch.kind == .deletes {
            halve(batch, now, &steps)
        } else if let batch = nextToSplit {
            plan(
                Planning(stream: batch.streamIndex, splits: batch.id),
                recordsPerBatch: (batch.records + 1) / 2,
                range: batch.range,
                &steps
            )
        } else if let stream = nextToDelete(now, &steps) {
            plan(Planning(stream: stream, kind: .deletes), recordsPerBatch: 1, range: KeyRange(), &steps)
        }
    }

    private mutating func plan(
        _ planning: Planning,
        recordsPerBatch: Int,
        range: KeyRange,
        _ steps: inout Steps
    ) {
        let idle = workers.filter { $0.value.state == .open && !$0.value.isKilled && !$0.value.isLeaving }
        guard let planner = idle.min(by: { ($0.value.inHand.count, $0.key) < ($1.value.inHand.count, $1.key) })
        else { return }
        workers[planner.key]?.planning = planning
        steps.directives.append(
            .planStream(
                planner.key,
                stream: planning.stream,
                kind: planning.kind,
                recordsPerBatch: recordsPerBatch,
                range: range
            )
        )
    }

    /// At most the job's records and bytes, half a second of work at its rate limit, and small enough that every worker gets
    /// several batches.
    func recordsPerBatch(_ facts: StreamFacts?) -> Int {
        var records = limits.batch.records
        if let bytes = facts?.recordBytes, bytes > 0 {
            records = min(records, max(1, limits.batch.bytes / Int(bytes)))
        }
        if let rate = limits.recordsPerSecond {
            records = min(records, max(1, Int(rate / 2)))
        }
        if let total = facts?.sourceRecords, total > 0 {
            let share = Int(total) / max(1, limits.workers * 4)
            records = min(records, max(500, share))
        }
        return max(1, records)
    }
}
