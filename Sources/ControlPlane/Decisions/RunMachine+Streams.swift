public import Model

extension RunMachine {
    /// Nothing more of these streams is begun; the run goes on with the others.
    ///
    /// Graceful: batches that have started are finished. Force: the workers that have batches of them are killed; what else
    /// those had in hand is given out again.
    ///
    /// - Returns: false when the run has ended; asking twice is not an error.
    public mutating func streamsCancelled(
        _ indexes: Set<Int>,
        mode: CancelMode,
        actor: String,
        reason: String?,
        _ now: Timestamp
    ) -> (Steps, accepted: Bool) {
        var steps = Steps()
        guard !record.state.isTerminal else { return (steps, false) }
        guard record.state == .running || record.state == .held else { return (steps, true) }
        for index in indexes.sorted() where record.streams.indices.contains(index) {
            cancelStream(index, mode: mode, actor: actor, reason: reason, now, &steps)
        }
        save(from: record.state, &steps)
        if mode == .force { killStreams(indexes, now, &steps) }
        planNext(now, &steps)
        assign(now, &steps)
        checkEnd(now, &steps)
        return (steps, true)
    }

    func isCancelled(stream: Int) -> Bool { record.streams[stream].cancel != nil }

    /// Nothing of the stream is left to be planned.
    func isPlanned(stream: Int) -> Bool { record.streams[stream].planComplete || isCancelled(stream: stream) }

    /// The last stream whose batches may be given out: with `ordered`, the first that is not done.
    var lastDueStream: Int {
        let last = record.streams.count - 1
        guard limits.isOrdered else { return last }
        let open = Set(batches.values.map(\.record.streamIndex))
        return record.streams.indices.first { !isPlanned(stream: $0) || open.contains($0) || isSwapToCome($0) } ?? last
    }

    private mutating func cancelStream(
        _ index: Int,
        mode: CancelMode,
        actor: String,
        reason: String?,
        _ now: Timestamp,
        _ steps: inout Steps
    ) {
        if let before = record.streams[index].cancel, before.mode == mode || before.mode == .force { return }
        record.streams[index].cancel = StreamCancelRecord(mode: mode, actor: actor, reason: reason, at: now)
        let detail = [record.streams[index].stream, mode.rawValue, reason ?? ""].filter { !$0.isEmpty }
        audit("stream_cancelled", at: now, actor: actor, detail: detail.joined(separator: ": "), &steps)
        for id in queue where batches[id]?.record.streamIndex == index {
            withhold(id, &steps)
        }
    }

    private mutating func killStreams(_ indexes: Set<Int>, _ now: Timestamp, _ steps: inout Steps) {
        let open = attempts.values.filter { $0.record.state == .open && indexes.contains($0.streamIndex) }
        condemn(open.map(\.record.id).sorted(), reason: "its stream was cancelled", now, &steps)
        kill(Set(open.map(\.record.incarnation)).sorted(), reason: "its stream was cancelled", &steps)
    }
}
