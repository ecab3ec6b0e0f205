import Foundation
public import Model

/// Records of a run's journal as text for other programs.
///
/// A run with a million records needs the memory of one page. The pages may as well come from the API: `head`, then
/// `lines` of each page.
public struct JournalExport: Sendable {
    public enum Format: String, Sendable, CaseIterable {
        /// RFC 4180 with a header; one line per changed field, one with an empty field for a record without any. NULL is an
        /// empty field, empty text is `""`.
        case csv
        /// One `RecordView` a line.
        case jsonl
    }

    static let pageRecords = 5_000
    static let columns = [
        "stream", "key", "operation", "verdict", "field", "before", "after", "reason", "at",
    ]

    public let format: Format
    private let encoder = JSONEncoder()

    public init(_ format: Format) {
        self.format = format
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    /// What comes before the first record: UTF-8, empty where the format has no such thing.
    public var head: [UInt8] {
        switch format {
        case .csv: Array((Self.columns.joined(separator: ",") + "\r\n").utf8)
        case .jsonl: []
        }
    }

    /// The records as whole lines of UTF-8.
    public func lines(_ records: [RecordView]) throws -> [UInt8] {
        var text: [UInt8] = []
        for record in records {
            switch format {
            case .csv:
                Self.append(record, to: &text)
            case .jsonl:
                text += try encoder.encode(record)
                text.append(UInt8(ascii: "\n"))
            }
        }
        return text
    }

    /// Gives everything that `query` finds (its limit aside) to `sink`, a page at a time; returns the number of records.
    ///
    /// Throws what the store and `sink` throw; what `sink` has taken by then stays with it.
    @discardableResult
    public func write(
        _ query: RecordQuery,
        from store: any Store,
        to sink: ([UInt8]) throws -> Void
    ) throws -> Int {
        var query = query
        query.limit = Self.pageRecords
        var count = 0
        if !head.isEmpty { try sink(head) }
        repeat {
            let page = try store.records(query)
            if !page.records.isEmpty { try sink(try lines(page.records)) }
            count += page.records.count
            query.cursor = page.cursor
        } while query.cursor != nil
        return count
    }

    private static func append(_ record: RecordView, to text: inout [UInt8]) {
        let at = record.at.map(\.iso8601)
        let changes = record.changes.map { (Optional($0.field), $0.before, $0.after) }
        for (field, before, after) in changes.isEmpty ? [(record.rejectionField, nil, nil)] : changes {
            CSVLine.append(
                [
                    record.stream, record.key, record.operation.rawValue, record.verdict.rawValue, field, before,
                    after, record.rejectionReason, at,
                ],
                to: &text
            )
        }
    }
}
