import Model
import Wire

/// What stands for the key of a rejected record that has none, or not all of it: where the record was found.
enum RecordPlace {
    private static let marks = (line: "line ", batch: "batch ")

    /// `line 7`, `batch 3, record 12` or, with a part of a key, `4,NULL, line 7`; nil: the record has a key.
    ///
    /// - Parameter sequence: of its batch.
    static func text(of record: SegmentRecord, inBatch sequence: Int) -> String? {
        guard record.operation == .reject, record.key.isEmpty || record.key.contains(nil) else { return nil }
        let place =
            record.rejection?.line.map { "\(marks.line)\($0)" } ?? "\(marks.batch)\(sequence), record \(record.index)"
        return record.key.contains { $0 != nil } ? "\(record.keyText), \(place)" : place
    }

    /// Whether the text is a place: no write ever holds it as a key, unless somebody names things so.
    static func isPlace(_ text: String) -> Bool {
        text.hasPrefix(marks.line) || text.hasPrefix(marks.batch) || text.contains(", \(marks.line)")
            || text.contains(", \(marks.batch)")
    }
}
