import Model
import Wire

/// Collects one page of a run's journal; a store feeds it the effective writes in the order of their batches.
struct JournalListing {
    let start: JournalCursor
    private let query: RecordQuery
    private let filter: RecordFilter
    private let streams: [RunStreamRecord]
    private var lookup: KeyLookup?
    private(set) var page = RecordPage(records: [], cursor: nil)

    /// Throws `SluiceError` for a limit or cursor that is not valid.
    ///
    /// - Parameter streams: of the run, in their order.
    init(_ query: RecordQuery, streams: [RunStreamRecord]) throws {
        guard 1...RecordQuery.limitMax ~= query.limit else {
            throw SluiceError(
                .invalid,
                "a page of \(query.limit) records was asked for; 1 to \(RecordQuery.limitMax) are allowed"
            )
        }
        start = try JournalCursor(query.cursor)
        self.query = query
        self.streams = streams
        filter = RecordFilter(query, streams: streams)
        lookup = query.key.flatMap { RecordPlace.isPlace($0) ? nil : KeyLookup($0) }
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
        if let lookup, try !lookup.mayBeHeld(by: write, keyHashes: keyHashes) { return true }
        let records = try Self.open(try segment(), of: write.id)
        lookup?.learn(from: records, stream: write.streamIndex)
        let fields = filter.fields(of: records)
        let first = write.sequence == start.sequence ? start.record : 0
        for record in records.dropFirst(first) {
            guard filter.passes(record.operation, in: write) else { continue }
            if let fields, !fields.contains(where: record.changes(field:)) { continue }
            let key = RecordPlace.text(of: record, inBatch: write.sequence) ?? record.keyText
            if let wanted = query.key, wanted != key { continue }
            guard page.records.count < query.limit else {
                page.cursor = JournalCursor(sequence: write.sequence, record: record.index).text
                return false
            }
            page.records.append(Self.view(record, key, of: write))
        }
        return true
    }

    /// Adds the record if the query asks for it. Returns false when the page is complete.
    mutating func add(_ batch: QuarantinedBatch) -> Bool {
        guard filter.passes(batch), query.key.map({ $0 == batch.keyText }) ?? true,
            batch.sequence > start.sequence || start.record == 0
        else { return true }
        guard page.records.count < query.limit else {
            page.cursor = JournalCursor(sequence: batch.sequence, record: 0).text
            return false
        }
        page.records.append(
            RecordView(
                stream: streams.indices.contains(batch.streamIndex) ? streams[batch.streamIndex].stream : "",
                target: "",
                key: batch.keyText,
                operation: .reject,
                verdict: .quarantined,
                changes: [],
                rejectionCode: QuarantinedBatch.code,
                rejectionReason: QuarantinedBatch.reason,
                batch: batch.id,
                write: nil,
                at: nil
            )
        )
        return true
    }

    static func open(_ segment: [UInt8], of write: WriteID) throws -> SegmentReader {
        do {
            return try SegmentReader(compressed: segment)
        } catch {
            throw StoreError.failed(detail: "the journal of write \(write) cannot be read: \(error)")
        }
    }

    private static func view(_ record: SegmentRecord, _ key: String, of write: EffectiveWrite) -> RecordView {
        let rejection = record.rejection
        return RecordView(
            stream: record.segment.stream,
            target: record.segment.target,
            key: key,
            operation: record.operation,
            verdict: write.verdict(of: record.operation),
            changes: record.changesAsText,
            rejectionCode: rejection?.code,
            rejectionField: rejection.flatMap { $0.field.isEmpty ? nil : $0.field },
            rejectionReason: rejection?.reason,
            batch: write.batch,
            write: write.id,
            at: write.endedAt
        )
    }
}
