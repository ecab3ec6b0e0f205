import Model

/// The write of a batch whose records are the batch's, in a run's journal: at most one per batch.
///
/// That is the one that was committed, if any; else a permitted one of which it is not known whether it was; else the
/// last decided. What an earlier attempt rolled back, or was refused, is thereby not listed and not counted.
struct EffectiveWrite {
    var id: WriteID
    var batch: BatchID
    /// Of its batch in the run.
    var sequence: Int
    var streamIndex: Int
    var kind: BatchKind
    /// Of its stream.
    var writeMode: WriteMode
    /// Of a `replace` stream: what became of putting its new table in place; nil: that is to come.
    var swap: WriteEnding?
    var decision: PermitDecision
    var ending: WriteEnding?
    var endedAt: Timestamp?
    var counts: WriteCounts
    /// `Wire_SegmentHeader`, serialized.
    var header: [UInt8]

    /// Its records lie in a new table, if it was committed.
    var isStaging: Bool { writeMode == .replace && kind == .records }

    func verdict(of operation: RecordOperation) -> Verdict {
        let own = Verdict(operation: operation, decision: decision, ending: ending)
        guard isStaging else { return own }
        return switch own {
        case .applied: Verdict(staged: swap)
        // In the new table or not: it matters only where that table is in its place, and then it was to hold them.
        case .unknowable: swap == nil ? .unknowable : Verdict(staged: swap)
        default: own
        }
    }

    /// Its number of journalled records with the operation.
    func count(of operation: RecordOperation) -> Int {
        switch operation {
        case .insert: counts.inserted
        case .update: counts.updated
        case .delete: counts.deleted
        case .reject: counts.rejected
        }
    }
}
