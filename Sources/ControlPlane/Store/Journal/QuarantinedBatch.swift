import Model

/// A batch of one record that workers died of; it is listed with the records of the journal.
struct QuarantinedBatch: Equatable {
    static let code = "quarantined"
    static let reason = "the workers that had it alone in hand died"

    var id: BatchID
    /// In the run.
    var sequence: Int
    var streamIndex: Int
    /// Of its one record.
    var range: KeyRange
    var kind = BatchKind.records

    /// The key in the source's text form; `>6` where the record is the last one, behind 6; `#6` for the sixth row to be deleted.
    var keyText: String {
        if kind == .deletes { return "#" + (range.through ?? []).joined() }
        if let through = range.through { return through.joined(separator: ",") }
        return ">" + (range.after ?? []).joined(separator: ",")
    }
}
