import Model

/// Batches that workers die of: cut in two until what is left is the record that does it, which is quarantined.
extension RunMachine {
    /// A worker died by itself with these attempts in hand, the one it was at first.
    ///
    /// - Returns: true when the batch explains the death: a worker had died of it before.
    mutating func crashed(_ inHand: [AttemptID], _ steps: inout Steps) -> Bool {
        guard let first = inHand.first, let attempt = attempts[first] else { return false }
        let isExplained = batches[attempt.record.batch].map { $0.record.crashes > 0 } ?? false
        countCrash(of: attempt.record.batch, &steps)
        // Should the evidence say that this one was committed, it was the next one.
        let follower = inHand.dropFirst().first.flatMap { attempts[$0]?.record.batch }
        attempts[first]?.follower = follower
        return isExplained
    }

    mutating func countCrash(of id: BatchID, _ steps: inout Steps) {
        guard let crashes = batches[id]?.record.crashes else { return }
        batches[id]?.record.crashes = crashes + 1
        steps.changes.append(.setCrashes(id, crashes + 1))
        guard let place = queue.firstIndex(of: id) else { return }
        queue.remove(at: place)
        enqueue(id)
    }

    /// The first queued batch that is to be cut in two.
    var nextToSplit: BatchRecord? {
        queue.lazy.compactMap { batches[$0]?.record }.first(where: \.isToBeSplit)
    }

    /// The parts take the place of the batch. Its deaths count as one of each: the next one tells which it was.
    mutating func split(
        _ id: BatchID,
        into ranges: [(range: KeyRange, records: Int)],
        _ now: Timestamp,
        _ steps: inout Steps
    ) {
        guard let batch = batches[id]?.record, batch.state == .queued else { return }
        let name = name(of: id)
        queue.removeAll { $0 == id }
        batches[id] = nil
        record.counts.planned -= batch.records
        record.counts.batchesPlanned -= 1
        steps.changes.append(.setBatch(id, state: .split, from: .queued, attempts: batch.attempts))
        let parts = add(
            ranges,
            of: batch.streamIndex,
            kind: batch.kind,
            crashes: BatchRecord.crashesOfPart,
            now,
            &steps
        )
        let numbers = parts.map(String.init).joined(separator: ", ")
        log(.warning, "\(name), of which \(batch.crashes) workers died, is split into \(numbers)", at: now, &steps)
        save(from: record.state, &steps)
    }

    /// A suspect of one record is not tried again. Returns false for every other batch.
    mutating func quarantineIfDue(_ id: BatchID, _ now: Timestamp, _ steps: inout Steps) -> Bool {
        guard let batch = batches[id]?.record, batch.isSuspect, batch.records <= 1, batch.kind != .swap,
            record.state == .running || record.state == .held, !isCancelled(stream: batch.streamIndex)
        else { return false }
        let detail = "\(name(of: id)): \(batch.range.recordText): the workers that had it alone in hand died"
        batches[id] = nil
        record.counts.quarantined += batch.records
        record.counts.batchesQuarantined += 1
        steps.changes.append(.setBatch(id, state: .quarantined, from: batch.state, attempts: batch.attempts))
        audit("record_quarantined", at: now, actor: "coordinator", detail: detail, level: .error, &steps)
        deletesAreOff(batch.streamIndex, "a record is quarantined", now, &steps)
        save(from: record.state, &steps)
        if intensity.noteQuarantine() {
            let reason = "workers died of \(RestartIntensity.quarantinesMax) records, the last: \(detail)"
            hold(.workers, "\(reason); release or cancel the run", actor: "coordinator", now, &steps)
        }
        return true
    }
}

extension BatchRecord {
    /// Crashes after which it is not tried again as it is.
    static let crashesMax = 2
    static let crashesOfPart = 1

    /// Workers die of it.
    var isSuspect: Bool { crashes >= Self.crashesMax }

    var isToBeSplit: Bool { isSuspect && records > 1 }
}
