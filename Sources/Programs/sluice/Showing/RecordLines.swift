import Model

/// Journalled records for a person.
enum RecordLines {
    /// Characters of a value that are shown.
    private static let valueWidth = 40

    static func table(_ page: RecordPage) -> [String] {
        guard !page.records.isEmpty else { return ["no records"] }
        let hasStreams = Set(page.records.map(\.stream)).count > 1
        var table =
            hasStreams
            ? Table("STREAM", "KEY", "OPERATION", "VERDICT", "FIELD", "BEFORE", "AFTER")
            : Table("KEY", "OPERATION", "VERDICT", "FIELD", "BEFORE", "AFTER")
        for record in page.records {
            var front = [
                Human.safe(record.key, width: valueWidth), record.operation.rawValue, record.verdict.rawValue,
            ]
            if hasStreams { front.insert(Human.safe(record.stream), at: 0) }
            for cells in changes(of: record) {
                table.rows.append(front + cells)
                front = front.map { _ in "" }
            }
        }
        var lines = table.lines
        if page.cursor != nil {
            lines.append("the first \(Human.count(page.records.count)) records; more with --limit, all with --all")
        }
        return lines
    }

    /// Of the verdicts that were asked for: those whose records the journal only counts.
    static func unlisted(_ verdicts: [Verdict], of counts: RunCounts) -> [String] {
        let counted = [
            (Verdict.unchanged, counts.unchanged, "as they should be"),
            (.notAttempted, counts.notAttempted, "nothing was decided about them"),
        ]
        return counted.filter { verdicts.contains($0.0) && $0.1 > 0 }.map { verdict, count, why in
            "\(verdict.rawValue): \(Human.count(count, of: "record")), counted and not listed one by one (\(why))"
        }
    }

    static func retries(_ records: [RetryView], limit: Int) -> [String] {
        guard !records.isEmpty else { return ["nothing is left to be tried again"] }
        var table = Table("STREAM", "KEY", "VERDICT", "FIELD", "REASON", "RUN", "SINCE RUN", "SINCE")
        for record in records {
            table.rows.append([
                Human.safe(record.stream), Human.safe(record.key, width: valueWidth), record.verdict.rawValue,
                record.field.map { Human.safe($0) } ?? "", Human.safe(record.reason), "\(record.run)",
                "\(record.sinceRun)", Human.time(record.since),
            ])
        }
        guard records.count == limit else { return table.lines }
        return table.lines + ["the first \(Human.count(limit)) records; more with --limit"]
    }

    private static func changes(of record: RecordView) -> [[String]] {
        if let reason = record.rejectionReason {
            let what = record.verdict == .quarantined ? "" : "refused: "
            let why = [record.rejectionField.map { Human.safe($0) } ?? "", "", what + Human.safe(reason)]
            return [why] + record.changes.map { [Human.safe($0.field), "", value($0.after)] }
        }
        guard !record.changes.isEmpty else { return [["", "", ""]] }
        return record.changes.map { change in
            [Human.safe(change.field), value(change.before), value(change.after)]
        }
    }

    private static func value(_ text: String?) -> String {
        guard let text else { return "NULL" }
        return text.isEmpty ? "''" : Human.safe(text, width: valueWidth)
    }
}
