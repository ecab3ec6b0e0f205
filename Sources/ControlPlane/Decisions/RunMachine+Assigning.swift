public import Model

extension RunMachine {
    /// Time has passed: a rate limit or a delay may be over, a drain's deadline may be reached.
    public mutating func timePassed(_ now: Timestamp) -> Steps {
        var steps = Steps()
        if let next = outage?.nextTry, next <= now {
            outage?.goOn()
            openWaiting(&steps)
        }
        assign(now, &steps)
        if record.state == .draining, let deadline = record.cancel?.deadlineAt, deadline <= now {
            drainDeadlinePassed(now, &steps)
        }
        return steps
    }

    /// When `timePassed` is worth calling; nil: only events move this run.
    public func wakeAt(_ now: Timestamp) -> Timestamp? {
        var times: [Timestamp] = []
        if record.state == .running, let next = nextDue.flatMap({ batches[$0] }), hasCredit(for: next) {
            times.append(max(bucket?.notBefore(now) ?? now, next.notBefore ?? now))
        }
        if record.state == .draining, record.blockedOn == nil, let deadline = record.cancel?.deadlineAt {
            times.append(deadline)
        }
        if record.state == .running || record.state == .held, let next = outage?.nextTry { times.append(next) }
        return times.min()
    }

    /// The first queued batch that is not to be split and whose stream's turn it is.
    private var nextDue: BatchID? {
        guard !queue.isEmpty else { return nil }
        let last = lastDueStream
        return queue.first { id in
            guard let batch = batches[id]?.record else { return false }
            return !batch.isToBeSplit && batch.streamIndex <= last
        }
    }

    private func hasCredit(for batch: Batch) -> Bool {
        workers.values.contains { canTake(batch, $0) }
    }

    /// A batch that a worker has died of is alone in its worker's hand: the next death says whether it was this batch.
    private func canTake(_ batch: Batch, _ worker: RunWorker) -> Bool {
        guard worker.state == .open, !worker.isKilled, !worker.isLeaving, worker.planning == nil else { return false }
        if batch.record.crashes > 0 || worker.inHand.contains(where: hasCrashed) { return worker.inHand.isEmpty }
        return worker.inHand.count < (bucket == nil ? limits.credit : 1)
    }

    private func hasCrashed(_ id: AttemptID) -> Bool {
        attempts[id].flatMap { batches[$0.record.batch] }.map { $0.record.crashes > 0 } ?? false
    }

    /// Puts a batch into its place in the queue.
    mutating func enqueue(_ id: BatchID) {
        guard let batch = batches[id]?.record else { return }
        let place = queue.lastIndex { other in
            batches[other].map { ($0.record.crashes, $0.record.sequence) < (batch.crashes, batch.sequence) } ?? true
        }
        queue.insert(id, at: place.map { $0 + 1 } ?? 0)
    }

    mutating func assign(_ now: Timestamp, _ steps: inout Steps) {
        retireExcess(&steps)
        while record.state == .running, let next = nextDue, var batch = batches[next] {
            if let time = bucket?.notBefore(now), time > now { return }
            if let time = batch.notBefore, time > now { return }
            let free = workers.filter { canTake(batch, $0.value) }
            guard let taker = free.min(by: { ($0.value.inHand.count, $0.key) < ($1.value.inHand.count, $1.key) })
            else { return }
            queue.removeAll { $0 == next }
            bucket?.take(batch.record.records, now)
            let attempt = AttemptRecord(
                id: newID(now),
                batch: next,
                run: record.id,
                incarnation: taker.key,
                createdAt: now
            )
            batch.record.state = .assigned
            batch.record.attempts += 1
            batches[next] = batch
            attempts[attempt.id] = Attempt(record: attempt, streamIndex: batch.record.streamIndex)
            workers[taker.key]?.inHand.append(attempt.id)
            steps.changes.append(.insertAttempt(attempt))
            steps.changes.append(
                .setBatch(next, state: .assigned, from: .queued, attempts: batch.record.attempts)
            )
            steps.directives.append(
                .assign(
                    taker.key,
                    Assignment(
                        kind: batch.record.kind,
                        batch: next,
                        attempt: attempt.id,
                        number: batch.record.attempts,
                        streamIndex: batch.record.streamIndex,
                        range: batch.record.range,
                        records: batch.record.kind == .swap
                            ? staged[batch.record.streamIndex] ?? 0 : batch.record.records
                    )
                )
            )
        }
    }

    /// A batch goes back without effect.
    public mutating func returned(
        _ incarnation: Incarnation,
        attempt id: AttemptID,
        reason: String,
        isTransient: Bool,
        _ now: Timestamp
    ) -> Steps {
        var steps = Steps()
        guard let attempt = attempts[id], attempt.record.incarnation == incarnation,
            attempt.record.state == .open
        else { return steps }
        if let write = attempt.write, write.decision == .permit, write.ending == nil {
            // A permitted write without an outcome cannot be given back: the process contradicts itself.
            condemn([id], reason: "returned with a permit outstanding", now, &steps)
            kill([incarnation], reason: "returned a batch with a permit outstanding", &steps)
            return steps
        }
        let name = name(of: attempt.record.batch)
        log(isTransient ? .warning : .debug, "\(name) came back: \(reason)", by: incarnation, at: now, &steps)
        closeAttempt(id, as: .returned, reason: reason, &steps)
        giveBack(attempt.record.batch, reason: reason, isTransient: isTransient, now, &steps)
        planNext(now, &steps)
        assign(now, &steps)
        checkEnd(now, &steps)
        return steps
    }

    /// `batch 12 of contacts`
    func name(of batch: BatchID) -> String {
        guard let record = batches[batch]?.record else { return "batch \(batch)" }
        let stream = self.record.streams[record.streamIndex].stream
        return record.kind == .swap ? "the swap of \(stream)" : "batch \(record.sequence) of \(stream)"
    }

    /// Takes the attempt off its worker's hand and stores its new state.
    mutating func closeAttempt(_ id: AttemptID, as state: AttemptState, reason: String, _ steps: inout Steps) {
        guard let attempt = attempts.removeValue(forKey: id) else { return }
        workers[attempt.record.incarnation]?.inHand.removeAll { $0 == id }
        steps.changes.append(.setAttempt(id, state: state, from: attempt.record.state, reason: reason))
    }

    /// Queues a batch again, or withholds it when the run starts nothing any more.
    mutating func giveBack(
        _ id: BatchID,
        reason: String,
        isTransient: Bool,
        _ now: Timestamp,
        _ steps: inout Steps
    ) {
        guard var batch = batches[id] else { return }
        guard record.state == .running || record.state == .held, !isCancelled(stream: batch.record.streamIndex) else {
            withhold(id, &steps)
            return
        }
        let from = batch.record.state
        batch.record.state = .queued
        if isTransient {
            let exponent = min(batch.record.attempts, 6)
            batch.notBefore = now.advanced(by: .milliseconds(100 << exponent))
            batch.failingSince = batch.failingSince ?? now
        }
        batches[id] = batch
        enqueue(id)
        steps.changes.append(
            .setBatch(id, state: .queued, from: from, attempts: batch.record.attempts)
        )
        if isTransient, batch.record.attempts >= limits.attemptsMax, let since = batch.failingSince,
            now.since(since) >= limits.patience
        {
            fail("batch \(batch.record.sequence) failed \(batch.record.attempts) times, last: \(reason)", now, &steps)
        }
    }

    /// The run ends without this batch.
    mutating func withhold(_ id: BatchID, _ steps: inout Steps) {
        guard let batch = batches[id] else { return }
        queue.removeAll { $0 == id }
        forget(id)
        swapIsOff(batch.record.streamIndex, &steps)
        _ = turnOffDeletes(batch.record.streamIndex, "a batch is withheld", &steps)
        steps.changes.append(
            .setBatch(id, state: .withheld, from: batch.record.state, attempts: batch.record.attempts)
        )
    }

    /// Counts a batch as withheld, with what is known of its last write.
    mutating func forget(_ id: BatchID) {
        guard let batch = batches.removeValue(forKey: id) else { return }
        record.counts.batchesWithheld += 1
        guard let last = batch.last, last.decision == .permit else { return }
        let touched = last.counts.inserted + last.counts.updated + last.counts.deleted
        switch last.ending {
        case .unknowable where isStaging(batch.record):
            // In the new table or not: that one will not be in its place.
            record.counts.notApplied += touched
            record.counts.rejected += last.counts.rejected
        case .unknowable:
            record.counts.unknowable += touched + last.counts.unchanged
            record.counts.rejected += last.counts.rejected
        case .rolledBack:
            record.counts.notApplied += touched + last.counts.unchanged
            record.counts.rejected += last.counts.rejected
        case .committed, nil:
            break
        }
    }
}
