import Model

/// Counting a run again from what its store holds, as after a crash of its coordinator.
extension RunCounts {
    /// Adds the batches of the run that are in one state.
    mutating func add(batches: Int, records: Int, in state: BatchState) {
        // Its parts are counted in its place.
        if state == .split { return }
        planned += records
        batchesPlanned += batches
        if state == .done { batchesDone += batches }
        if state == .withheld { batchesWithheld += batches }
        if state == .quarantined {
            batchesQuarantined += batches
            quarantined += records
        }
    }

    /// Adds a batch's effective write.
    ///
    /// A rolled-back one counts when its batch is withheld: before that the batch is going to be attempted again.
    mutating func add(_ write: EffectiveWrite, in state: BatchState) {
        guard write.decision == .permit else { return }
        let counts = write.counts
        let changed = counts.inserted + counts.updated + counts.deleted
        switch write.ending {
        case .committed where write.isStaging:
            writes += 1
            rejected += counts.rejected
            switch write.swap {
            case nil: staged += counts.inserted
            case .committed:
                inserted += counts.inserted
                applied += counts.inserted
            case .rolledBack: notApplied += counts.inserted
            case .unknowable: unknowable += counts.inserted
            }
        case .unknowable where write.isStaging:
            notApplied += changed
            rejected += counts.rejected
        case nil:
            indeterminate += changed + counts.unchanged + counts.rejected
        case .committed:
            writes += 1
            inserted += counts.inserted
            updated += counts.updated
            deleted += counts.deleted
            applied += changed
            unchanged += counts.unchanged
            rejected += counts.rejected
        case .unknowable:
            unknowable += changed + counts.unchanged
            rejected += counts.rejected
        case .rolledBack:
            guard state == .withheld else { return }
            notApplied += changed + counts.unchanged
            rejected += counts.rejected
        }
    }
}
