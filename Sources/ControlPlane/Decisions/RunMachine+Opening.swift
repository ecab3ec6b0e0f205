public import Model

extension RunMachine {
    /// queued -> running: asks for processes, unless it is to be held.
    public mutating func started(held order: HoldOrder? = nil, _ now: Timestamp) -> Steps {
        var steps = Steps()
        guard record.state == .queued else { return steps }
        record.state = .running
        record.startedAt = now
        save(from: .queued, &steps)
        audit("run_started", at: now, actor: record.actor, detail: "job version \(record.jobVersion)", &steps)
        if let order { hold(takenUp: order, now, &steps) }
        steps.directives.append(.wantWorkers(workersWanted))
        return steps
    }

    /// A ready process was given to the run.
    public mutating func workerGiven(_ incarnation: Incarnation) -> Steps {
        var steps = Steps()
        guard workersWanted > 0 || record.state == .held else {
            steps.directives.append(.retireWorker(incarnation, reason: "run \(record.number) needs no worker"))
            return steps
        }
        workers[incarnation] = RunWorker()
        openWaiting(&steps)
        return steps
    }

    /// A worker has both ends open, and perhaps a view that others can share.
    public mutating func runOpened(
        _ incarnation: Incarnation,
        snapshot: String,
        isSingleWriter: Bool,
        streams facts: [Int: StreamFacts],
        warnings found: [String],
        _ now: Timestamp
    ) -> Steps {
        var steps = Steps()
        guard var worker = workers[incarnation], worker.state == .opening else { return steps }
        let sharesView = workers.values.contains { $0.state == .open }
        worker.state = .open
        worker.snapshot = snapshot
        workers[incarnation] = worker
        outageIsOver(&steps)
        if !snapshot.isEmpty, !sharesView, hadView {
            record.snapshotGeneration += 1
            save(from: record.state, &steps)
            audit(
                "view_renewed",
                at: now,
                actor: "coordinator",
                detail: "every holder of the source's view was lost; generation \(record.snapshotGeneration)",
                level: .warning,
                &steps
            )
        }
        hadView = hadView || !snapshot.isEmpty
        log(.info, "has both ends open", by: incarnation, at: now, &steps)
        for (index, fact) in facts where streams.indices.contains(index) {
            streams[index] = fact
        }
        for warning in found where !warnings.contains(warning) {
            warnings.append(warning)
            log(.warning, warning, by: incarnation, at: now, &steps)
        }
        if isSingleWriter, !self.isSingleWriter {
            self.isSingleWriter = true
            for (other, state) in workers where other != incarnation && state.state != .open {
                workers[other]?.state = .retiring
                steps.directives.append(.retireWorker(other, reason: "the destination takes one writer"))
            }
            steps.directives.append(.wantWorkers(0))
        }
        openWaiting(&steps)
        planNext(now, &steps)
        assign(now, &steps)
        checkEnd(now, &steps)
        return steps
    }

    var workersWanted: Int {
        guard record.state == .running else { return 0 }
        return max(0, workersMax - workers.values.count { $0.state != .retiring && !$0.isKilled })
    }

    /// One process opens a view first; the others wait for it and share it.
    private func openingOrder() -> (worker: Incarnation, snapshot: String, holder: Incarnation?)? {
        guard let next = workers.filter({ $0.value.state == .waiting }).keys.min() else { return nil }
        if let (holder, state) = workers.first(where: { $0.value.state == .open }) {
            let snapshot = state.snapshot ?? ""
            return (next, snapshot, snapshot.isEmpty ? nil : holder)
        }
        guard !workers.values.contains(where: { $0.state == .opening }) else { return nil }
        return (next, "", nil)
    }

    mutating func openWaiting(_ steps: inout Steps) {
        guard record.state == .running || record.state == .held, outage?.nextTry == nil else { return }
        while let (incarnation, snapshot, holder) = openingOrder() {
            workers[incarnation]?.state = .opening
            workers[incarnation]?.viewOf = holder
            steps.directives.append(.openRun(incarnation, snapshot: snapshot))
        }
    }
}
