public import Model

extension RunMachine {
    /// No permit for these attempts any more; what they were permitted is to be reconciled.
    mutating func condemn(_ ids: [AttemptID], reason: String, _ now: Timestamp, _ steps: inout Steps) {
        for id in ids {
            guard var attempt = attempts[id], attempt.record.state == .open else { continue }
            attempt.record.state = .condemned
            attempts[id] = attempt
            steps.changes.append(.setAttempt(id, state: .condemned, from: .open, reason: reason))
            let name = name(of: attempt.record.batch)
            log(.warning, "\(name) is condemned: \(reason)", by: attempt.record.incarnation, at: now, &steps)
            if var batch = batches[attempt.record.batch] {
                let from = batch.record.state
                batch.record.state = .condemned
                batches[attempt.record.batch] = batch
                steps.changes.append(
                    .setBatch(
                        batch.record.id,
                        state: .condemned,
                        from: from,
                        attempts: batch.record.attempts
                    )
                )
            }
        }
    }

    mutating func kill(_ incarnations: [Incarnation], reason: String, _ steps: inout Steps) {
        let living = incarnations.filter { workers[$0].map { !$0.isKilled } ?? false }
        for incarnation in living {
            workers[incarnation]?.isKilled = true
        }
        if !living.isEmpty {
            steps.directives.append(.killWorkers(living, reason: reason))
        }
    }

    /// `sluice kill`: one worker dies, the run goes on with another.
    public mutating func killRequested(_ incarnation: Incarnation, actor: String, _ now: Timestamp) -> Steps {
        var steps = Steps()
        guard let worker = workers[incarnation] else { return steps }
        audit("worker_kill_requested", at: now, actor: actor, detail: "", about: incarnation, &steps)
        condemn(worker.inHand, reason: "its worker is killed by \(actor)", now, &steps)
        kill([incarnation], reason: "killed by \(actor)", &steps)
        return steps
    }

    /// Nothing was heard of a worker for its lease: its own timer kills it, or has. Nobody's crash.
    ///
    /// - Parameter silence: for how long, as a person reads it.
    public mutating func leaseExpired(_ incarnation: Incarnation, silence: String, _ now: Timestamp) -> Steps {
        var steps = Steps()
        guard let worker = workers[incarnation], !worker.isKilled else { return steps }
        let detail = "nothing was heard of it for \(silence)"
        audit(
            "worker_lease_expired",
            at: now,
            actor: "coordinator",
            detail: detail,
            level: .warning,
            about: incarnation,
            &steps
        )
        condemn(worker.inHand, reason: "its worker was silent for \(silence)", now, &steps)
        workers[incarnation]?.isKilled = true
        return steps
    }

    /// A worker of the run is proven dead.
    ///
    /// - Parameter wasOrdered: by a kill, a retirement, a lease, a supervisor's death; only others count as crashes.
    public mutating func workerDied(
        _ incarnation: Incarnation,
        wasOrdered: Bool,
        detail: String,
        _ now: Timestamp
    ) -> Steps {
        var steps = Steps()
        awaitedDeaths.remove(incarnation)
        let worker = workers.removeValue(forKey: incarnation)
        hasLostWorker = true
        let inHand = attempts.values.filter { $0.record.incarnation == incarnation }.map(\.record.id).sorted()
        condemn(inHand, reason: "its worker died: \(detail)", now, &steps)
        if let worker, !wasOrdered, !worker.isKilled, worker.state != .retiring {
            audit(
                "worker_died",
                at: now,
                actor: "coordinator",
                detail: detail,
                level: .warning,
                about: incarnation,
                &steps
            )
            let isExplained = crashed(worker.inHand, &steps)
            if !isExplained, intensity.note(now) {
                let deaths = "\(RestartIntensity.deathsMax) workers died within 60 s, the last: \(detail)"
                hold(.workers, "\(deaths); release or cancel the run", actor: "coordinator", now, &steps)
            }
        }
        if record.state == .running {
            steps.directives.append(.wantWorkers(workersWanted))
        }
        openWaiting(&steps)
        reconcileDead(now, &steps)
        planNext(now, &steps)
        checkEnd(now, &steps)
        return steps
    }

    /// No process could be started or given; the run waits for one or, when it is hopeless, fails.
    public mutating func workersRefused(_ reason: String, _ now: Timestamp) -> Steps {
        var steps = Steps()
        fail(reason, now, &steps)
        return steps
    }

    /// The gate at the destination is proven closed.
    public mutating func gateClosed(_ now: Timestamp) -> Steps {
        var steps = Steps()
        guard record.state == .terminating, gate == .closing else { return steps }
        gate = .closed
        record.gateClosedAt = now
        record.cancel?.fencedAt = now
        if record.blockedOn != nil { record.blockedOn = nil }
        save(from: .terminating, &steps)
        reconcileDead(now, &steps)
        checkEnd(now, &steps)
        return steps
    }

    /// An errand could not be done; it is ordered again by the shell after a while.
    public mutating func errandFailed(_ reason: String, _ now: Timestamp) -> Steps {
        var steps = Steps()
        guard !record.state.isTerminal else { return steps }
        if record.blockedOn != reason {
            record.blockedOn = reason
            save(from: record.state, &steps)
            log(.warning, reason, at: now, &steps)
        }
        return steps
    }

    /// What must be ordered again after an errand failed.
    public func errandsDue() -> Steps {
        var steps = Steps()
        if gate == .closing, record.state == .terminating {
            steps.directives.append(.closeGate(fencedFacts(attempts.keys.sorted())))
        }
        if !reconciling.isEmpty {
            steps.directives.append(.reconcile(fencedFacts(reconciling.sorted())))
        }
        return steps
    }

    /// Fences are closed and the evidence is read: verdicts for every write of these attempts.
    public mutating func reconciled(
        _ evidence: [WriteID: FoundEnding],
        _ now: Timestamp
    ) -> Steps {
        var steps = Steps()
        let ids = reconciling.sorted()
        reconciling.removeAll()
        for id in ids {
            guard let attempt = attempts[id] else { continue }
            var found: FoundEnding?
            if let write = attempt.write, write.decision == .permit, write.ending == nil {
                let ending = evidence[write.id] ?? FoundEnding(ending: .unknowable, detail: "no evidence came back")
                steps.changes.append(
                    .endWrite(write.id, ending: ending.ending, detail: ending.detail, at: ending.at ?? now)
                )
                found = ending
                let what =
                    "\(name(of: attempt.record.batch)) is reconciled: \(ending.ending.rawValue): \(ending.detail)"
                log(.info, what, by: attempt.record.incarnation, at: now, &steps)
            }
            settle(attempt, found, now, &steps)
        }
        if record.blockedOn != nil, record.state != .draining {
            record.blockedOn = nil
        }
        refreshIndeterminate()
        reconcileDead(now, &steps)
        planNext(now, &steps)
        assign(now, &steps)
        checkEnd(now, &steps)
        return steps
    }

    /// Condemned attempts whose processes are dead: those that were permitted something need evidence, the rest are over.
    mutating func reconcileDead(_ now: Timestamp, _ steps: inout Steps) {
        guard reconciling.isEmpty else { return }
        if record.state == .terminating, gate != .closed || !awaitedDeaths.isEmpty { return }
        var due: [AttemptID] = []
        for id in attempts.keys.sorted() {
            guard let attempt = attempts[id], attempt.record.state == .condemned,
                workers[attempt.record.incarnation] == nil,
                !awaitedDeaths.contains(attempt.record.incarnation)
            else { continue }
            if let write = attempt.write, write.decision == .permit, write.ending == nil {
                due.append(id)
            } else {
                settle(attempt, nil, now, &steps)
            }
        }
        guard !due.isEmpty else {
            assign(now, &steps)
            return
        }
        reconciling = Set(due)
        steps.directives.append(.reconcile(fencedFacts(due)))
    }

    func fencedFacts(_ ids: [AttemptID]) -> [FencedAttemptFacts] {
        ids.compactMap { id in
            guard let attempt = attempts[id] else { return nil }
            var writes: [FencedAttemptFacts.WriteFacts] = []
            if let write = attempt.write, write.decision == .permit, write.ending == nil {
                writes.append(
                    FencedAttemptFacts.WriteFacts(
                        write: write.id,
                        transaction: write.transaction,
                        system: write.system
                    )
                )
            }
            return FencedAttemptFacts(attempt: id, writes: writes)
        }
    }

    /// condemned -> closed -> reconciled, and what becomes of the batch.
    private mutating func settle(
        _ attempt: Attempt,
        _ found: FoundEnding?,
        _ now: Timestamp,
        _ steps: inout Steps
    ) {
        let id = attempt.record.id
        steps.changes.append(.setAttempt(id, state: .closed, from: .condemned, reason: nil))
        steps.changes.append(.setAttempt(id, state: .reconciled, from: .closed, reason: nil))
        attempts[id] = nil
        let batch = attempt.record.batch
        if let found {
            batches[batch]?.last?.ending = found.ending
        }
        switch found?.ending {
        case .committed:
            if let follower = attempt.follower { countCrash(of: follower, &steps) }
            finish(batch, with: attempt.write?.counts ?? .none, at: found?.at ?? now, &steps)
        case .unknowable:
            record.pendingEnd = .failed
            record.reason = record.reason ?? "what became of some records cannot be known; see their verdicts"
            if batches[batch]?.record.kind == .swap { swapIsUnknowable(attempt.streamIndex, &steps) }
            withhold(batch, &steps)
        case .rolledBack, nil:
            if quarantineIfDue(batch, now, &steps) { return }
            if let swap = batches[batch]?.record, swap.kind == .swap, swap.isSuspect {
                fail("workers died of \(name(of: batch)) \(swap.crashes) times", now, &steps)
            }
            giveBack(batch, reason: "its worker died", isTransient: false, now, &steps)
        }
    }
}

extension WriteCounts {
    static let none = WriteCounts(inserted: 0, updated: 0, deleted: 0, unchanged: 0, rejected: 0)
}
