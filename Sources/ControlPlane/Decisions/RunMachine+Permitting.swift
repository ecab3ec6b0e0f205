public import Model

extension RunMachine {
    /// The one place where a permit is given. The decision is stored with the intent, then sent.
    public mutating func intentReceived(
        _ incarnation: Incarnation,
        _ intent: IntentFacts,
        epoch: UInt64,
        _ now: Timestamp
    ) -> Steps {
        var steps = Steps()
        guard var attempt = attempts[intent.attempt], attempt.record.state == .open,
            attempt.record.incarnation == incarnation, attempt.record.batch == intent.batch,
            var batch = batches[intent.batch]
        else {
            answer(incarnation, intent, .refuse, "the attempt is not open", &steps)
            return steps
        }
        if let last = attempt.write, last.id == intent.write {
            let isSame = last.digest == intent.digest
            answer(
                incarnation,
                intent,
                isSame ? last.decision : .refuse,
                isSame ? last.reason : "not as first sent",
                &steps
            )
            return steps
        }
        guard !attempt.closed.contains(intent.write) else {
            answer(incarnation, intent, .refuse, "a later transaction has taken its place", &steps)
            return steps
        }
        if let last = attempt.write {
            attempt.closed.insert(last.id)
            if last.decision == .permit, last.ending == nil {
                steps.changes.append(
                    .endWrite(last.id, ending: .rolledBack, detail: "a new transaction took its place", at: now)
                )
            }
        }
        let (decision, reason) = decide(batch.record)
        let decided = DecidedWrite(
            id: intent.write,
            attempt: intent.attempt,
            transaction: intent.transaction,
            system: intent.system,
            digest: intent.digest,
            decision: decision,
            reason: reason,
            counts: intent.counts
        )
        attempt.write = decided
        batch.last = decided
        steps.changes.append(
            .insertWrite(writeRecord(intent, decision, reason, streamIndex: attempt.streamIndex, epoch: epoch, now))
        )
        if decision == .permit {
            lastPermitAt = now
            if batch.record.state == .assigned {
                batch.record.state = .running
                steps.changes.append(
                    .setBatch(
                        intent.batch,
                        state: .running,
                        from: .assigned,
                        attempts: batch.record.attempts
                    )
                )
            }
        }
        attempts[intent.attempt] = attempt
        batches[intent.batch] = batch
        refreshIndeterminate()
        answer(incarnation, intent, decision, reason, &steps)
        return steps
    }

    /// What a worker says became of its write. From an attempt that is not open any more it changes nothing: there the
    /// evidence speaks.
    public mutating func outcomeReceived(
        _ incarnation: Incarnation,
        _ outcome: OutcomeFacts,
        _ now: Timestamp
    ) -> Steps {
        var steps = Steps()
        steps.directives.append(.acknowledge(incarnation, attempt: outcome.attempt, write: outcome.write))
        guard var attempt = attempts[outcome.attempt], attempt.record.state == .open,
            attempt.record.incarnation == incarnation, var write = attempt.write, write.id == outcome.write,
            write.ending == nil
        else { return steps }
        switch outcome.ending {
        case .committed(let at):
            guard write.decision == .permit else {
                violated(attempt, "committed without a permit", now, &steps)
                return steps
            }
            logCommit(attempt, write, at: now, &steps)
            commit(attempt, write, at: at, &steps)
        case .rolledBack:
            let name = name(of: attempt.record.batch)
            log(
                outcome.again ? .warning : .info,
                "\(name) rolled back: \(outcome.reason)",
                by: incarnation,
                at: now,
                &steps
            )
            if write.decision == .permit {
                write.ending = .rolledBack
                steps.changes.append(
                    .endWrite(write.id, ending: .rolledBack, detail: outcome.reason, at: now)
                )
            }
            attempt.write = write
            attempts[outcome.attempt] = attempt
            batches[attempt.record.batch]?.last = write
            if !outcome.again {
                closeAttempt(outcome.attempt, as: .returned, reason: outcome.reason, &steps)
                giveBack(attempt.record.batch, reason: outcome.reason, isTransient: false, now, &steps)
            }
        case .unsure:
            condemn([outcome.attempt], reason: "the worker is in doubt: \(outcome.reason)", now, &steps)
            kill([incarnation], reason: "in doubt about a write", &steps)
        }
        refreshIndeterminate()
        planNext(now, &steps)
        assign(now, &steps)
        checkEnd(now, &steps)
        return steps
    }

    private func decide(_ batch: BatchRecord) -> (PermitDecision, String) {
        switch record.state {
        case .running where isCancelled(stream: batch.streamIndex) && batch.state != .running:
            return (.refuse, "the stream was cancelled before the batch had started")
        case .running:
            return (.permit, "")
        case .draining where isFrozen:
            return (.retry, "the destination is frozen")
        case .draining:
            return batch.state == .running ? (.permit, "") : (.refuse, "draining: the batch had not started")
        case .held:
            return (.retry, "the run is held")
        case .queued, .terminating, .reconciling, .completed, .cancelled, .failed:
            return (.refuse, "the run is \(record.state.rawValue)")
        }
    }

    private func answer(
        _ incarnation: Incarnation,
        _ intent: IntentFacts,
        _ decision: PermitDecision,
        _ reason: String,
        _ steps: inout Steps
    ) {
        steps.directives.append(
            .answer(
                incarnation,
                PermitAnswer(
                    attempt: intent.attempt,
                    write: intent.write,
                    transaction: intent.transaction,
                    decision: decision,
                    reason: reason
                )
            )
        )
    }

    private func writeRecord(
        _ intent: IntentFacts,
        _ decision: PermitDecision,
        _ reason: String,
        streamIndex: Int,
        epoch: UInt64,
        _ now: Timestamp
    ) -> WriteRecord {
        WriteRecord(
            id: intent.write,
            attempt: intent.attempt,
            batch: intent.batch,
            run: record.id,
            streamIndex: streamIndex,
            transaction: intent.transaction,
            system: intent.system,
            digest: intent.digest,
            decision: decision,
            decisionReason: reason.isEmpty ? nil : reason,
            decidedAt: now,
            decidedBy: epoch,
            counts: intent.counts,
            header: intent.header,
            keyHashes: intent.keyHashes,
            segment: intent.segment
        )
    }

    private func logCommit(_ attempt: Attempt, _ write: DecidedWrite, at now: Timestamp, _ steps: inout Steps) {
        let (name, counts, worker) = (name(of: attempt.record.batch), write.counts, attempt.record.incarnation)
        let touched = "\(counts.inserted) inserted, \(counts.updated) updated, \(counts.deleted) deleted"
        log(.debug, "\(name) committed: \(touched), \(counts.unchanged) unchanged", by: worker, at: now, &steps)
        guard counts.rejected > 0 else { return }
        log(.warning, "\(name): \(counts.rejected) records rejected", by: worker, at: now, &steps)
    }

    private mutating func commit(
        _ attempt: Attempt,
        _ write: DecidedWrite,
        at: Timestamp,
        _ steps: inout Steps
    ) {
        steps.changes.append(.endWrite(write.id, ending: .committed, detail: nil, at: at))
        closeAttempt(attempt.record.id, as: .done, reason: "committed", &steps)
        finish(attempt.record.batch, with: write.counts, at: at, &steps)
    }

    /// The batch's write is known to be committed.
    mutating func finish(_ id: BatchID, with counts: WriteCounts, at: Timestamp, _ steps: inout Steps) {
        guard let batch = batches.removeValue(forKey: id) else { return }
        record.counts.batchesDone += 1
        record.counts.writes += 1
        record.counts.rejected += counts.rejected
        steps.changes.append(
            .setBatch(id, state: .done, from: batch.record.state, attempts: batch.record.attempts)
        )
        if isStaging(batch.record) {
            isStaged(counts.inserted, in: batch.record.streamIndex)
            return
        }
        lastWriteAt = max(lastWriteAt ?? at, at)
        if batch.record.kind == .swap { return swapped(batch.record.streamIndex, at: at, &steps) }
        record.counts.inserted += counts.inserted
        record.counts.updated += counts.updated
        record.counts.deleted += counts.deleted
        record.counts.applied += counts.inserted + counts.updated + counts.deleted
        record.counts.unchanged += counts.unchanged
    }

    private mutating func violated(
        _ attempt: Attempt,
        _ what: String,
        _ now: Timestamp,
        _ steps: inout Steps
    ) {
        audit("protocol_violated", at: now, actor: "coordinator", detail: what, level: .error, &steps)
        condemn([attempt.record.id], reason: what, now, &steps)
        kill([attempt.record.incarnation], reason: what, &steps)
    }

    /// Permitted writes without an outcome, in records: never more than one write per worker.
    mutating func refreshIndeterminate() {
        record.counts.indeterminate = attempts.values.reduce(0) { sum, attempt in
            guard let write = attempt.write, write.decision == .permit, write.ending == nil else { return sum }
            let counts = write.counts
            if batches[attempt.record.batch]?.record.kind == .swap {
                return sum + (staged[attempt.streamIndex] ?? 0)
            }
            return sum + counts.inserted + counts.updated + counts.deleted + counts.unchanged + counts.rejected
        }
    }
}
