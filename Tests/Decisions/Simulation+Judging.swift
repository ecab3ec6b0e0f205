import Decisions
import Model

extension Simulation {
    struct Wrong: Error, CustomStringConvertible {
        var description: String
    }

    /// The counts as a store computes them from batches and writes.
    func recounted() -> RunCounts {
        var counts = RunCounts()
        for batch in store.batches.values where batch.state != .split {
            counts.planned += batch.records
            counts.batchesPlanned += 1
            if batch.state == .done { counts.batchesDone += 1 }
            if batch.state == .withheld { counts.batchesWithheld += 1 }
            if batch.state == .quarantined {
                counts.batchesQuarantined += 1
                counts.quarantined += batch.records
            }
            let writes = store.writes.filter { $0.batch == batch.id }
            guard let effective = writes.first(where: { $0.ending == .committed }) ?? writes.last,
                effective.decision == .permit
            else { continue }
            let stream = store.run.streams[batch.streamIndex]
            if stream.writeMode == .replace, batch.kind == .records, effective.ending == .committed {
                counts.writes += 1
                switch stream.swap {
                case nil: counts.staged += effective.counts.inserted
                case .committed:
                    counts.applied += effective.counts.inserted
                    counts.inserted += effective.counts.inserted
                case .rolledBack: counts.notApplied += effective.counts.inserted
                case .unknowable: counts.unknowable += effective.counts.inserted
                }
                continue
            }
            switch effective.ending {
            case .committed:
                counts.applied += effective.counts.inserted + effective.counts.deleted
                counts.inserted += effective.counts.inserted
                counts.deleted += effective.counts.deleted
                counts.writes += 1
            case .rolledBack where batch.state == .withheld:
                counts.notApplied += effective.counts.inserted + effective.counts.deleted
            case .unknowable where batch.state == .withheld:
                counts.unknowable += effective.counts.inserted + effective.counts.deleted
            default: break
            }
        }
        return counts
    }

    /// By `replace` stream: records in its new table.
    func staged() -> [Int: Int] {
        var staged: [Int: Int] = [:]
        for write in store.writes where write.ending == .committed {
            guard let batch = store.batches[write.batch], batch.kind == .records,
                store.run.streams[batch.streamIndex].writeMode == .replace,
                store.run.streams[batch.streamIndex].swap == nil
            else { continue }
            staged[batch.streamIndex, default: 0] += write.counts.inserted
        }
        return staged
    }

    /// A new table is in its place exactly when its swap has committed, and holds then what the source has but what is
    /// quarantined; whatever else it ends as, every replaced table is the old one.
    private func judgeSwaps() throws {
        try expect(store.run.counts.staged == 0, "staged at the end: \(store.run.counts.staged)")
        for (index, stream) in store.run.streams.enumerated() where stream.writeMode == .replace {
            let batches = store.batches.values.filter { $0.streamIndex == index }
            let swaps = Set(batches.filter { $0.kind == .swap }.map(\.id))
            let committed = transactions.values.filter { swaps.contains($0.batch) && $0.state == .committed }
            try expect(committed.count <= 1, "swapped \(committed.count) times")
            try expect((stream.swap == .committed) == (committed.count == 1), "swap \(String(describing: stream.swap))")
            try expect(stream.swap != nil, "a swap is not decided at the end")
            if store.run.state == .completed { try expect(stream.swap == .committed, "completed without the swap") }
            guard stream.swap == .committed else { continue }
            let written = batches.filter { $0.kind == .records && $0.state == .done }.map(\.records).reduce(0, +)
            let lost = batches.filter { $0.kind == .records && $0.state == .quarantined }.map(\.records).reduce(0, +)
            try expect(written + lost == records[index], "swapped with \(written) of \(records[index]) records")
            try expect(
                swapped.contains { $0.stream == index && $0.records == written },
                "the new table was said to hold another number than \(written)"
            )
        }
    }

    /// A mirrored stream has lost exactly the rows of its committed deletes: all that were found in a completed run that has
    /// not turned them off, none where they were never queued.
    private func judgeDeletes() throws {
        let run = store.run
        try expect(run.counts.deleted == recounted().deleted, "I12: deleted \(run.counts.deleted)")
        for (index, stream) in run.streams.enumerated() {
            let batches = store.batches.values.filter { $0.streamIndex == index && $0.kind == .deletes }
            let rows = batches.filter { $0.state != .split }.map(\.records).reduce(0, +)
            guard stream.writeMode == .mirror, stream.deletes?.state == .queued else {
                try expect(rows == 0, "\(rows) deletes of a stream that has \(String(describing: stream.deletes))")
                continue
            }
            let isCancelled = stream.cancel != nil
            try expect(rows == deletes[index].rows || isCancelled, "\(rows) of \(deletes[index].rows) deletes queued")
            guard run.state == .completed, !isCancelled else { continue }
            let over = batches.filter { $0.state == .done || $0.state == .quarantined }.map(\.records).reduce(0, +)
            try expect(over == deletes[index].rows, "completed with \(over) of \(deletes[index].rows) deletes done")
        }
        guard run.state == .completed else { return }
        for (index, stream) in run.streams.enumerated() where stream.writeMode == .mirror && stream.cancel == nil {
            try expect(
                stream.deletes != nil && stream.deletes?.state != .held,
                "completed, and stream \(index) not decided"
            )
        }
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
            run.counts.batchesPlanned == run.counts.batchesDone + run.counts.batchesWithheld
                + run.counts.batchesQuarantined,
            "I12: batches \(run.counts)"
        )
        try judgeSwaps()
        try judgeDeletes()
        try judgePoison()
    }

    /// Exactly the poisoned records are quarantined; a completed run has written all others.
    private func judgePoison() throws {
        let (counts, again) = (store.run.counts, recounted())
        try expect(counts.planned == again.planned, "I12: planned \(counts.planned), truth \(again.planned)")
        try expect(counts.quarantined == again.quarantined, "I12: quarantined \(counts.quarantined)")
        let quarantined = places(in: .quarantined)
        let innocent = quarantined.filter { !poison.contains($0) }
        // A drawn death of a worker that had one suspect record is that record's.
        try expect(innocent.count <= deathsDrawn, "quarantined \(innocent) with \(deathsDrawn) other deaths")
        guard store.run.state == .completed else { return }
        let done = places(in: .done)
        let all = Set(records.indices.flatMap { places($0, KeyRange()) })
        try expect(poison.isSubset(of: quarantined), "completed with \(poison.subtracting(quarantined)) unseen")
        try expect(done.count == Set(done).count, "a record was written twice")
        try expect(Set(done) == all.subtracting(quarantined), "completed without \(all.subtracting(done))")
    }

    private func places(in state: BatchState) -> [Place] {
        store.batches.values.filter { $0.state == state && $0.kind == .records }.flatMap {
            places($0.streamIndex, $0.range)
        }
    }

    private func expect(_ holds: Bool, _ what: @autoclosure () -> String) throws {
        if !holds { throw Wrong(description: what()) }
    }
}
