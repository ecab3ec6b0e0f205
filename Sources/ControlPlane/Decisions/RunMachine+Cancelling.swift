public import Model

extension RunMachine {
    /// Somebody wants the run to stop. Returns false when it has ended already; asking twice is not an error.
    public mutating func cancelRequested(
        mode: CancelMode,
        actor: String,
        reason: String?,
        deadline: Duration?,
        _ now: Timestamp
    ) -> (Steps, accepted: Bool) {
        var steps = Steps()
        switch record.state {
        case .completed, .cancelled, .failed:
            return (steps, false)
        case .terminating, .reconciling:
            return (steps, true)
        case .draining where mode == .graceful && record.cancel != nil:
            return (steps, true)
        case .queued, .running, .held, .draining:
            break
        }
        note(mode: mode, actor: actor, reason: reason, deadline: deadline, now)
        audit(
            "cancel_requested",
            at: now,
            actor: actor,
            detail: [mode.rawValue, reason].compactMap { $0 }.joined(separator: ": "),
            &steps
        )
        if record.state == .queued {
            record.state = .cancelled
            record.endedAt = now
            record.reason = reason ?? "cancelled before it started"
            save(from: .queued, &steps)
            steps.directives.append(.runEnded)
        } else if mode == .graceful {
            drain(now, &steps)
        } else {
            terminate(now, &steps)
        }
        return (steps, true)
    }

    /// The drain's deadline has come.
    mutating func drainDeadlinePassed(_ now: Timestamp, _ steps: inout Steps) {
        guard record.state == .draining, record.blockedOn == nil, let cancel = record.cancel else { return }
        audit(
            "drain_deadline_passed",
            at: now,
            actor: "coordinator",
            detail: cancel.onDeadline.rawValue,
            level: .warning,
            &steps
        )
        switch cancel.onDeadline {
        case .force:
            record.cancel?.escalatedAt = now
            terminate(now, &steps)
        case .ask:
            let open = attempts.count
            record.blockedOn = "the drain's deadline passed with \(open) batches in hand; cancel with force, or wait"
            save(from: .draining, &steps)
        }
    }

    /// The run cannot succeed: what is in hand is finished, then it ends as failed.
    mutating func fail(_ reason: String, _ now: Timestamp, _ steps: inout Steps) {
        guard record.state == .running || record.state == .held || record.state == .draining else { return }
        audit("run_failing", at: now, actor: "coordinator", detail: reason, level: .error, &steps)
        record.pendingEnd = .failed
        record.reason = record.reason ?? reason
        if record.state == .draining {
            save(from: .draining, &steps)
            checkEnd(now, &steps)
        } else {
            drain(now, &steps)
        }
    }

    /// The store, or something else that the run stands on, is gone: stop at once, end as failed.
    public mutating func abort(_ reason: String, _ now: Timestamp) -> Steps {
        var steps = Steps()
        guard record.state == .running || record.state == .held || record.state == .draining else { return steps }
        record.pendingEnd = .failed
        record.reason = reason
        audit("run_aborted", at: now, actor: "coordinator", detail: reason, level: .error, &steps)
        terminate(now, &steps)
        return steps
    }

    private mutating func note(
        mode: CancelMode,
        actor: String,
        reason: String?,
        deadline: Duration?,
        _ now: Timestamp
    ) {
        if record.cancel != nil {
            // A second cancel, with force, in the middle of a drain.
            record.cancel?.mode = mode
            record.cancel?.escalatedAt = now
            record.blockedOn = nil
            return
        }
        let isGraceful = mode == .graceful
        record.cancel = CancelRecord(
            mode: mode,
            actor: actor,
            reason: reason,
            requestedAt: now,
            deadlineAt: isGraceful ? now.advanced(by: deadline ?? limits.deadline) : nil,
            onDeadline: limits.onDeadline
        )
        record.reason = record.reason ?? reason
    }

    private mutating func drain(_ now: Timestamp, _ steps: inout Steps) {
        let from = record.state
        record.state = .draining
        record.hold = nil
        record.blockedOn = nil
        save(from: from, &steps)
        withholdQueued(&steps)
        steps.directives.append(.broadcastDrain)
        checkEnd(now, &steps)
    }

    private mutating func terminate(_ now: Timestamp, _ steps: inout Steps) {
        let from = record.state
        record.state = .terminating
        record.hold = nil
        record.blockedOn = nil
        save(from: from, &steps)
        let open = attempts.values.filter { $0.record.state == .open }.map(\.record.id).sorted()
        condemn(open, reason: "the run is terminating", now, &steps)
        withholdQueued(&steps)
        let living = workers.keys.sorted()
        awaitedDeaths.formUnion(living)
        steps.directives.append(.broadcastTerminate)
        kill(living, reason: "run \(record.number) is terminating", &steps)
        if hadOpened {
            gate = .closing
            steps.directives.append(.closeGate(fencedFacts(Array(attempts.keys))))
        } else {
            gate = .closed
        }
        checkEnd(now, &steps)
    }

    /// Whether a worker may have opened the run's gate at the destination.
    var hadOpened: Bool {
        workers.values.contains { $0.state != .waiting } || record.counts.batchesPlanned > 0 || !attempts.isEmpty
    }

    private mutating func withholdQueued(_ steps: inout Steps) {
        guard !queue.isEmpty else { return }
        let ids = queue
        queue.removeAll()
        for id in ids {
            forget(id)
        }
        steps.changes.append(.setBatches(run: record.id, state: .withheld, from: .queued))
    }
}
