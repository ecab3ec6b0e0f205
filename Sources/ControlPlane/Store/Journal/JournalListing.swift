import Model
import Wire

/// Collects one page of a run's journal; a store feeds it the effective writes in the order of their batches.
struct JournalListing {
    let start: JournalCursor
    private let query: RecordQuery
    private let filter: RecordFilter
    private(set) var page = RecordPage(records: [], cursor: nil)

    /// Throws `SluiceError` for a limit or cursor that is not valid.
    ///
    /// - Parameter streams: of the run, in their order.
    init(_ query: RecordQuery, streams: [String]) throws {
        guard 1...RecordQuery.limitMax ~= query.limit else {
            throw SluiceError(
                .invalid,
                "a page of \(query.limit) records was asked for; 1 to \(RecordQuery.limitMax) are allowed"
            )
        }
        start = try JournalCursor(query.cursor)
        self.query = query
        filter = RecordFilter(query, streams: streams)
    }

    /// Adds the write's records that the query asks for. Returns false when the page is complete.
    ///
    /// - Parameters:
    ///   - keyHashes: reads the write's key hashes, sorted.
    ///   - segment: reads its segment, as the worker sent it.
    mutating func add(
        _ write: EffectiveWrite,
        keyHashes: () throws -> [UInt8],
        segment: () throws -> [UInt8]
    ) throws -> Bool {
        guard try filter.mayPass(write) else { return true }
        let open = try OpenSegment(try segment(), of: write.id)
        let fields = filter.fields(of: open)
        let first = write.sequence == start.sequence ? start.record : 0
        for record in first..<max(first, open.count) {
            let operation = open.operation(record)
            guard filter.passes(operation, in: write) else { continue }
            if let fields, !fields.contains(where: { open.isChanged($0, in: record) }) { continue }
            let key = open.key(record)
            if let wanted = query.key, wanted != key { continue }
            guard page.records.count < query.limit else {
                page.cursor = JournalCursor(sequence: write.sequence, record: record).text
                return false
            }
            page.records.append(view(record, key, operation, in: open, of: write))
        }
        return true
    }

    private func view(
        _ record: Int,
        _ key: String,
        _ operation: RecordOperation,
        in segment: OpenSegment,
        of write: EffectiveWrite
    ) -> RecordView {
        let rejection = segment.rejection(record)
        return RecordView(
            stream: segment.stream,
            target: segment.target,
            key: key,
            operation: operation,
            verdict: write.verdict(of: operation),
            changes: segment.changes(record),
            rejectionCode: rejection?.code,
            rejectionField: rejection.flatMap { $0.field.isEmpty ? nil : $0.field },
            rejectionReason: rejection?.reason,
            batch: write.batch,
            write: write.id,
            at: write.endedAt
        )
    }
}
