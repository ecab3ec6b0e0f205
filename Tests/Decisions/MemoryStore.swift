import Model

/// The durable state of one simulated run: applies changes with the compare-and-set rules of a real store.
struct MemoryStore {
    struct Lost: Error, CustomStringConvertible {
        var description: String
    }

    private(set) var run: RunRecord
    private(set) var batches: [BatchID: BatchRecord] = [:]
    private(set) var attempts: [AttemptID: AttemptRecord] = [:]
    private(set) var writes: [WriteRecord] = []
    private(set) var terminalMoves = 0

    init(run: RunRecord) {
        self.run = run
    }

    mutating func apply(_ changes: [StoreChange]) throws {
        for change in changes {
            try apply(change)
        }
    }

    private mutating func apply(_ change: StoreChange) throws {
        switch change {
        case .updateRun(let record, let from):
            try expect(run.state == from, "run is \(run.state), expected \(from)")
            if record.state.isTerminal, !run.state.isTerminal { terminalMoves += 1 }
            run = record
        case .insertBatches(let planned):
            for batch in planned {
                try expect(batches[batch.id] == nil, "batch twice")
                batches[batch.id] = batch
            }
        case .setBatch(let id, let state, let from, let count):
            try expect(
                batches[id]?.state == from,
                "batch is \(String(describing: batches[id]?.state)), expected \(from)"
            )
            batches[id]?.state = state
            batches[id]?.attempts = count
        case .setCrashes(let id, let crashes):
            batches[id]?.crashes = crashes
        case .setBatches(_, let state, let from):
            for id in batches.keys where batches[id]?.state == from {
                batches[id]?.state = state
            }
        case .insertAttempt(let attempt):
            try expect(attempts[attempt.id] == nil, "attempt twice")
            let others = attempts.values.filter { $0.batch == attempt.batch && $0.state == .open }
            try expect(others.isEmpty, "I6: a second open attempt of one batch")
            attempts[attempt.id] = attempt
        case .setAttempt(let id, let state, let from, _):
            try expect(
                attempts[id]?.state == from,
                "attempt is \(String(describing: attempts[id]?.state)), expected \(from)"
            )
            attempts[id]?.state = state
        case .insertWrite(let write):
            try expect(!writes.contains { $0.id == write.id }, "write twice")
            if write.decision == .permit {
                try expect(run.state == .running || run.state == .draining, "I5: permit while \(run.state)")
                try expect(attempts[write.attempt]?.state == .open, "I5: permit for an attempt that is not open")
            }
            writes.append(write)
        case .endWrite(let id, let ending, _, _):
            guard let index = writes.firstIndex(where: { $0.id == id }) else {
                throw Lost(description: "no such write")
            }
            try expect(writes[index].ending == nil || writes[index].ending == ending, "I2: a verdict changed")
            writes[index].ending = ending
        case .audit, .log, .freeze, .unfreeze, .setJobPaused, .insertWorker, .updateWorker, .insertRun, .putConnection,
            .putJob, .withdrawPermit, .listRetries:
            break
        }
    }

    private func expect(_ holds: Bool, _ what: @autoclosure () -> String) throws {
        if !holds { throw Lost(description: what()) }
    }
}
