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
    var decision: PermitDecision
    var ending: WriteEnding?
    var endedAt: Timestamp?
    var counts: WriteCounts
    /// `Wire_SegmentHeader`, serialized.
    var header: [UInt8]

    func verdict(of operation: RecordOperation) -> Verdict {
        Verdict(operation: operation, decision: decision, ending: ending)
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
