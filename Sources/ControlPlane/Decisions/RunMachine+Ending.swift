import Model

extension RunMachine {
    /// Moves the run on when nothing is left that it waits for.
    mutating func checkEnd(_ now: Timestamp, _ steps: inout Steps) {
        switch record.state {
        case .running:
            queueSwaps(now, &steps)
            guard hasPlan, batches.isEmpty, attempts.isEmpty, !hasDeletesToCome, isDiscarded(now, &steps) else {
                return
            }
            end(as: liveEnd, now, &steps)
        case .draining:
            guard attempts.isEmpty, batches.isEmpty, isDiscarded(now, &steps) else { return }
            end(as: liveEnd, now, &steps)
        case .terminating:
            if awaitedDeaths.isEmpty, record.cancel?.workersDeadAt == nil, record.cancel != nil {
                record.cancel?.workersDeadAt = now
                save(from: .terminating, &steps)
            }
            guard gate == .closed, awaitedDeaths.isEmpty else { return }
            record.state = .reconciling
            save(from: .terminating, &steps)
            reconcileDead(now, &steps)
            checkEnd(now, &steps)
        case .reconciling:
            guard attempts.isEmpty, batches.isEmpty, reconciling.isEmpty, isDiscarded(now, &steps) else { return }
            end(as: record.pendingEnd == .failed ? .failed : .cancelled, now, &steps)
        case .queued, .held, .completed, .cancelled, .failed:
            return
        }
    }

    /// How a run ends whose work is over: completed when every stream was planned to its end and nothing was withheld.
    private var liveEnd: RunState {
        if record.pendingEnd == .failed { return .failed }
        let isWhole =
            record.streams.allSatisfy {
                $0.planComplete && ($0.writeMode != .replace || $0.swap == .committed)
                    && ($0.writeMode != .mirror || $0.deletes?.isDecided == true)
            }
            && record.counts.batchesWithheld == 0
        return isWhole ? .completed : .cancelled
    }

    private mutating func end(as state: RunState, _ now: Timestamp, _ steps: inout Steps) {
        let from = record.state
        record.state = state
        record.endedAt = now
        record.blockedOn = nil
        record.hold = nil
        record.pendingEnd = nil
        record.counts.indeterminate = 0
        dropStaged()
        record.cancel?.lastPermitAt = lastPermitAt
        record.cancel?.lastWriteAt = lastWriteAt
        record.cancel?.reconciledAt = now
        save(from: from, &steps)
        steps.changes.append(.listRetries(record.id))
        audit("run_ended", at: now, actor: "coordinator", detail: state.rawValue, &steps)
        for incarnation in workers.keys.sorted() where workers[incarnation]?.state != .retiring {
            workers[incarnation]?.state = .retiring
            steps.directives.append(.retireWorker(incarnation, reason: "run \(record.number) has ended"))
        }
        steps.directives.append(.runEnded)
    }
}
