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
        _ now: Timestamp
    ) -> Steps {
        var steps = Steps()
        guard let planning = workers[incarnation]?.planning, planning.stream == stream,
            planning.piece == piece, record.state == .running || record.state == .held
        else { return steps }
        workers[incarnation]?.planning = complete ? nil : (stream, piece + 1)
        guard !isCancelled(stream: stream) else {
            planNext(&steps)
            assign(now, &steps)
            checkEnd(now, &steps)
            return steps
        }
        var planned: [BatchRecord] = []
        for (range, records) in ranges {
            let batch = BatchRecord(
                id: newID(now),
                run: record.id,
                streamIndex: stream,
                sequence: nextSequence,
                range: range,
                records: records
            )
            nextSequence += 1
            planned.append(batch)
            batches[batch.id] = Batch(record: batch)
            queue.append(batch.id)
            record.counts.planned += records
        }
        record.counts.batchesPlanned += planned.count
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
        if !planned.isEmpty {
            steps.changes.append(.insertBatches(planned))
        }
        save(from: record.state, &steps)
        planNext(&steps)
        assign(now, &steps)
        checkEnd(now, &steps)
        return steps
    }

    /// Sends the first stream that is not wholly planned to a worker, unless one is at it.
    mutating func planNext(_ steps: inout Steps) {
        guard record.state == .running,
            !workers.values.contains(where: { $0.planning != nil }),
            let stream = record.streams.indices.first(where: { !isPlanned(stream: $0) })
        else { return }
        let idle = workers.filter { $0.value.state == .open && !$0.value.isKilled && !$0.value.isLeaving }
        guard let planner = idle.min(by: { ($0.value.inHand.count, $0.key) < ($1.value.inHand.count, $1.key) })
        else { return }
        workers[planner.key]?.planning = (stream, 0)
        steps.directives.append(
            .planStream(
                planner.key,
                stream: stream,
                recordsPerBatch: recordsPerBatch(streams[stream]),
                after: record.streams[stream].plannedThrough
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
