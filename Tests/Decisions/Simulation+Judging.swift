import Decisions
import Model

extension Simulation {
    struct Wrong: Error, CustomStringConvertible {
        var description: String
    }

    /// The counts as a store computes them from batches and writes.
    func recounted() -> RunCounts {
        var counts = RunCounts()
        for batch in store.batches.values {
            counts.planned += batch.records
            counts.batchesPlanned += 1
            if batch.state == .done { counts.batchesDone += 1 }
            if batch.state == .withheld { counts.batchesWithheld += 1 }
            let writes = store.writes.filter { $0.batch == batch.id }
            guard let effective = writes.first(where: { $0.ending == .committed }) ?? writes.last,
                effective.decision == .permit
            else { continue }
            switch effective.ending {
            case .committed:
                counts.applied += effective.counts.inserted
                counts.inserted += effective.counts.inserted
                counts.writes += 1
            case .rolledBack where batch.state == .withheld: counts.notApplied += effective.counts.inserted
            case .unknowable where batch.state == .withheld: counts.unknowable += effective.counts.inserted
            default: break
            }
        }
        return counts
    }

    /// Everything that must hold at the end, whatever happened.
    func judge() throws {
        let run = store.run
        try expect(run.state.isTerminal, "I16: stuck in \(run.state), blocked on \(run.blockedOn ?? "nothing")")
        try expect(store.terminalMoves == 1, "I4: \(store.terminalMoves) terminal transitions")
        for write in store.writes where write.decision == .permit {
            try expect(write.ending != nil, "a permitted write has no verdict at the end")
            let isCommitted = transactions[write.id]?.state == .committed
            try expect(
                (write.ending == .committed) == isCommitted,
                "I2: verdict \(String(describing: write.ending)), truth \(isCommitted)"
            )
        }
        for (id, transaction) in transactions where transaction.state == .committed {
            let write = store.writes.first { $0.id == id }
            try expect(write?.decision == .permit, "I7: an effect without a stored permit")
        }
        for batch in store.batches.values {
            let effects = transactions.values.filter { $0.batch == batch.id && $0.state == .committed }.count
            try expect(effects <= 1, "I1: \(effects) effects of one batch")
            try expect((batch.state == .done) == (effects == 1), "batch \(batch.state) with \(effects) effects")
        }
        try expect(
            run.counts.applied == recounted().applied,
            "I12: applied \(run.counts.applied), truth \(recounted().applied)"
        )
        try expect(run.counts.notApplied == recounted().notApplied, "I12: not applied \(run.counts.notApplied)")
        try expect(
            run.counts.batchesPlanned == run.counts.batchesDone + run.counts.batchesWithheld,
            "I12: batches \(run.counts)"
        )
        if run.state == .completed {
            let planned = batchesPlanned.reduce(0, +)
            try expect(
                run.counts.batchesDone == planned,
                "completed with \(run.counts.batchesDone) of \(planned)"
            )
        }
    }

    private func expect(_ holds: Bool, _ what: @autoclosure () -> String) throws {
        if !holds { throw Wrong(description: what()) }
    }
}
