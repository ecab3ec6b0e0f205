public import Model

extension RunMachine {
    /// The machine of a run that an earlier coordinator left unfinished, as the store knows it.
    ///
    /// Every permit that was stored counts as sent. Attempts that were open are condemned: their processes died, or die, with
    /// the coordinator that had them.
    ///
    /// - Parameters:
    ///   - undone: the run's batches that are not over.
    ///   - open: its attempts that are open, condemned or closed.
    ///   - writes: every write of those attempts, in order of decision.
    ///   - last: per undone batch its last decided write.
    ///   - staged: by stream in write mode `replace`, the records in its new table.
    ///   - living: its workers without a proof of death.
    ///   - order: nil: it goes on.
    public static func recovered(
        record: RunRecord,
        limits: RunLimits,
        seed: UInt64,
        nextSequence: Int,
        undone: [BatchRecord],
        open: [AttemptRecord],
        writes: [WriteRecord],
        staged: [Int: Int] = [:],
        living: Set<Incarnation>,
        held order: HoldOrder? = nil,
        _ now: Timestamp
    ) -> (RunMachine, Steps) {
        var machine = RunMachine(record: record, limits: limits, seed: seed)
        var steps = Steps()
        machine.nextSequence = nextSequence
        machine.hadView = true
        machine.hasLostWorker = true
        machine.awaitedDeaths = living
        machine.staged = staged
        for batch in undone {
            machine.batches[batch.id] = Batch(record: batch)
        }
        let queued = undone.filter { $0.state == .queued }
        machine.queue = queued.sorted { ($0.crashes, $0.sequence) < ($1.crashes, $1.sequence) }.map(\.id)
        for attempt in open {
            machine.attempts[attempt.id] = Attempt(
                record: attempt,
                streamIndex: machine.batches[attempt.batch]?.record.streamIndex ?? 0
            )
        }
        for write in writes {
            let decided = DecidedWrite(write)
            machine.batches[write.batch]?.last = decided
            if var attempt = machine.attempts[write.attempt] {
                if let before = attempt.write { attempt.closed.insert(before.id) }
                attempt.write = decided
                machine.attempts[write.attempt] = attempt
            }
        }
        let stillOpen = machine.attempts.values.filter { $0.record.state == .open }.map(\.record.id).sorted()
        machine.condemn(stillOpen, reason: "the coordinator was restarted", now, &steps)
        machine.refreshIndeterminate()
        machine.audit("run_recovered", at: now, actor: "coordinator", detail: record.state.rawValue, &steps)
        if let order { machine.hold(takenUp: order, now, &steps) } else { machine.releaseIfRestored(now, &steps) }
        machine.takeUp(now, &steps)
        return (machine, steps)
    }

    private mutating func takeUp(_ now: Timestamp, _ steps: inout Steps) {
        switch record.state {
        case .running:
            steps.directives.append(.wantWorkers(workersWanted))
        case .terminating:
            if record.gateClosedAt != nil {
                gate = .closed
            } else {
                gate = .closing
                steps.directives.append(.closeGate(fencedFacts(attempts.keys.sorted())))
            }
        case .reconciling:
            gate = .closed
        case .queued, .held, .draining, .completed, .cancelled, .failed:
            break
        }
        reconcileDead(now, &steps)
        checkEnd(now, &steps)
    }
}

extension RunMachine.DecidedWrite {
    init(_ write: WriteRecord) {
        self.init(
            id: write.id,
            attempt: write.attempt,
            transaction: write.transaction,
            system: write.system,
            digest: write.digest,
            decision: write.decision,
            reason: write.decisionReason ?? "",
            ending: write.ending,
            counts: write.counts
        )
    }
}
