public import Model

/// Streams in write mode `replace`: their records wait in a new table, whose swap with the old one is one more batch.
extension RunMachine {
    func isReplacing(_ stream: Int) -> Bool { record.streams[stream].writeMode == .replace }

    /// The records of its batches lie in a new table when they are committed.
    func isStaging(_ batch: BatchRecord) -> Bool { batch.kind == .records && isReplacing(batch.streamIndex) }

    /// Its records may still be all in the new table, or its swap is open.
    func isSwapToCome(_ stream: Int) -> Bool {
        isReplacing(stream) && record.streams[stream].swap == nil && !isCancelled(stream: stream)
    }

    /// Queues the swap of each stream whose records are all in the new table.
    mutating func queueSwaps(_ now: Timestamp, _ steps: inout Steps) {
        guard record.state == .running else { return }
        let due = record.streams.indices.filter { stream in
            isSwapToCome(stream) && record.streams[stream].planComplete
                && !batches.values.contains { $0.record.streamIndex == stream }
        }
        guard !due.isEmpty else { return }
        for stream in due {
            add([(KeyRange(), 0)], of: stream, kind: .swap, crashes: 0, now, &steps)
            let what = "\(record.streams[stream].stream): \(staged[stream, default: 0]) records are in the new table"
            log(.info, "\(what), which is to take the place of the old one", at: now, &steps)
        }
        assign(now, &steps)
    }

    /// The new table is in its place.
    mutating func swapped(_ stream: Int, at now: Timestamp, _ steps: inout Steps) {
        let records = takeStaged(of: stream)
        record.counts.inserted += records
        record.counts.applied += records
        decideSwap(stream, .committed, &steps)
    }

    /// Nobody can know whether the new table is in its place.
    mutating func swapIsUnknowable(_ stream: Int, _ steps: inout Steps) {
        let records = takeStaged(of: stream)
        record.counts.unknowable += records
        decideSwap(stream, .unknowable, &steps)
    }

    /// A batch of the stream will not be done: the new table would lack its records.
    mutating func swapIsOff(_ stream: Int, _ steps: inout Steps) {
        guard isReplacing(stream), record.streams[stream].swap == nil else { return }
        dropStaged(of: stream)
        save(from: record.state, &steps)
    }

    /// Of streams whose new table never came to its place.
    mutating func dropStaged() {
        for stream in record.streams.indices where isReplacing(stream) && record.streams[stream].swap == nil {
            dropStaged(of: stream)
        }
    }

    private mutating func dropStaged(of stream: Int) {
        let records = takeStaged(of: stream)
        record.counts.notApplied += records
        record.streams[stream].swap = .rolledBack
    }

    /// Its records are staged no longer.
    private mutating func takeStaged(of stream: Int) -> Int {
        let records = staged.removeValue(forKey: stream) ?? 0
        record.counts.staged -= records
        return records
    }

    /// A batch of the stream is in its new table.
    mutating func isStaged(_ records: Int, in stream: Int) {
        guard record.streams[stream].swap == nil else {
            record.counts.notApplied += records
            return
        }
        record.counts.staged += records
        staged[stream, default: 0] += records
    }

    private mutating func decideSwap(_ stream: Int, _ ending: WriteEnding, _ steps: inout Steps) {
        record.streams[stream].swap = ending
        save(from: record.state, &steps)
    }

    /// Whether nothing of the run's own is left at the destination; orders its removal.
    mutating func isDiscarded(_ now: Timestamp, _ steps: inout Steps) -> Bool {
        switch discarding {
        case .over: return true
        case .ordered: return false
        case .none:
            guard hadOpened, record.streams.indices.contains(where: isLeavingTable) else { return true }
            discarding = .ordered
            steps.directives.append(.discard)
            return false
        }
    }

    /// Or rows of a ledger. A worker that opened the run after the swap of one that died has made the new table once more.
    private func isLeavingTable(_ stream: Int) -> Bool {
        (isReplacing(stream) && (record.streams[stream].swap != .committed || hasLostWorker))
            || isMirror(stream) || streams[stream]?.keepsLedger == true
    }

    /// What the run made for itself at the destination is removed, or could not be.
    public mutating func discarded(failure: String?, _ now: Timestamp) -> Steps {
        var steps = Steps()
        guard discarding == .ordered else { return steps }
        discarding = .over
        if let failure {
            let what = "what the run made for itself at the destination could not be removed"
            log(.warning, "\(what): \(failure); the next run of the job removes it", at: now, &steps)
        }
        checkEnd(now, &steps)
        return steps
    }

    enum Discarding: Sendable {
        case none
        case ordered
        case over
    }
}
