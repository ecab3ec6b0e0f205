public import Model

extension RunMachine {
    /// The run may have so many workers, so that others get theirs. Those over it leave when their hands are empty.
    public mutating func shareChanged(_ count: Int, _ now: Timestamp) -> Steps {
        var steps = Steps()
        guard share != count else { return steps }
        share = count
        retireExcess(&steps)
        if record.state == .running, workersWanted > 0 {
            steps.directives.append(.wantWorkers(workersWanted))
        }
        assign(now, &steps)
        return steps
    }

    /// Most workers that the run may have now.
    var workersMax: Int {
        isSingleWriter ? 1 : min(limits.workers, max(1, share ?? limits.workers))
    }

    /// At batch boundaries: workers over the share get nothing more, and leave once they have nothing in hand. Those that
    /// have not opened the run yet go first: they may need the view of one that has.
    mutating func retireExcess(_ steps: inout Steps) {
        guard record.state == .running || record.state == .held else { return }
        let present = workers.filter { $0.value.state != .retiring && !$0.value.isKilled }
        var excess = present.count - workersMax
        guard excess > 0 || present.values.contains(where: \.isLeaving) else { return }
        for (incarnation, worker) in present.sorted(by: { ($0.value.worth, $0.key) < ($1.value.worth, $1.key) }) {
            workers[incarnation]?.isLeaving = excess > 0
            guard excess > 0 else { continue }
            excess -= 1
            guard worker.load == 0, worker.state != .opening else { continue }
            workers[incarnation]?.state = .retiring
            steps.directives.append(.retireWorker(incarnation, reason: "its place is given to another run"))
        }
    }

    /// How much the run stands to lose by stopping now; nothing is changed.
    public func cancelPreview(_ recordsPerSecond: Double) -> CancelPreview {
        let open = attempts.values.filter { $0.record.state == .open }
        let started = open.compactMap { batches[$0.record.batch]?.record }.filter { $0.state == .running }
        let living = workers.filter { !$0.value.isKilled }
        let uncertain = living.values.reduce(0) { sum, worker in
            sum
                + (worker.inHand.compactMap { attempts[$0].flatMap { batches[$0.record.batch]?.record.records } }.max()
                    ?? 0)
        }
        let drainRecords = started.reduce(0) { $0 + $1.records }
        return CancelPreview(
            drainRecords: drainRecords,
            drainSeconds: recordsPerSecond > 0 ? Double(drainRecords) / recordsPerSecond : nil,
            uncertainRecords: uncertain,
            processes: living.count
        )
    }
}

extension RunMachine.RunWorker {
    var load: Int { inHand.count + (planning == nil ? 0 : 1) }

    fileprivate var worth: Int {
        switch state {
        case .waiting: -2
        case .opening: -1
        case .open, .retiring: load
        }
    }
}
