import Foundation
import GRDB
public import Model
import SwiftProtobuf
import Wire

extension SQLiteStore {
    public func records(_ query: RecordQuery) throws -> RecordPage {
        try read { try Self.records(query, in: $0) }
    }

    static func records(_ query: RecordQuery, in database: Database) throws -> RecordPage {
        let streams = try streams(of: query.run, in: database)
        var listing = try JournalListing(query, streams: streams)
        try forEachWrite(
            of: query.run,
            from: listing.start.sequence,
            in: database,
            quarantined: { listing.add($0) },
            body: { try listing.add($0, keyHashes: $1, segment: $2) }
        )
        return listing.page
    }

    /// Gives the effective writes and the quarantined batches of a run in the order of the batches, until one of the
    /// closures returns false.
    ///
    /// - Parameter body: gets the write and what reads its key hashes and its segment.
    static func forEachWrite(
        of run: RunID,
        from sequence: Int,
        in database: Database,
        quarantined: (QuarantinedBatch) throws -> Bool = { _ in true },
        body: (EffectiveWrite, () throws -> [UInt8], () throws -> [UInt8]) throws -> Bool
    ) throws {
        let streams = try streams(of: run, in: database)
        let writes = try Row.fetchCursor(
            database.cachedStatement(sql: Self.effectiveWrites),
            arguments: [run.blob, sequence]
        )
        let segments = try database.cachedStatement(sql: "SELECT bytes FROM segments WHERE write = ?")
        let hashes = try database.cachedStatement(sql: "SELECT key_hashes FROM segments WHERE write = ?")
        while let row = try writes.next() {
            if let batch = try QuarantinedBatch(row: row) {
                guard try quarantined(batch) else { return }
                continue
            }
            let ordinal: Int64 = try row.value("ordinal")
            let goesOn = try body(
                EffectiveWrite(row: row, streams: streams),
                { try Self.bytes(hashes, ordinal) },
                { try Self.bytes(segments, ordinal) }
            )
            guard goesOn else { return }
        }
    }

    public func recount(run: RunID) throws -> RunCounts {
        try recountStreams(run: run).reduce(into: RunCounts()) { $0 += $1 }
    }

    public func withheldRecords(run: RunID) throws -> Int {
        let sql = "SELECT coalesce(sum(records), 0) FROM batches WHERE run = ? AND state = 'withheld'"
        return try read { try Int.fetchOne($0, sql: sql, arguments: [run.blob]) ?? 0 }
    }

    public func fields(run: RunID) throws -> [String] {
        var names: Set<String> = []
        for write in try writes(run: run) {
            names.formUnion(try WireSegmentHeader(serializedBytes: write.header).fields.map(\.field))
        }
        return names.sorted()
    }

    public func recountStreams(run: RunID) throws -> [RunCounts] {
        try read { database in
            let streams = try Self.streams(of: run, in: database)
            var counts = streams.map { _ in RunCounts() }
            let batches = try database.cachedStatement(
                sql: """
                    SELECT stream_index, state, count(*) AS batches, sum(records) AS records FROM batches
                    WHERE run = ? GROUP BY stream_index, state
                    """
            )
            for row in try Row.fetchAll(batches, arguments: [run.blob]) {
                let stream: Int = try row.value("stream_index")
                guard counts.indices.contains(stream) else { continue }
                try counts[stream].add(
                    batches: row.value("batches"),
                    records: row.value("records"),
                    in: row.name("state")
                )
            }
            let cursor = try Row.fetchCursor(
                database.cachedStatement(sql: Self.effectiveWrites),
                arguments: [run.blob, 0]
            )
            while let row = try cursor.next() {
                guard try QuarantinedBatch(row: row) == nil else { continue }
                let write = try EffectiveWrite(row: row, streams: streams)
                guard counts.indices.contains(write.streamIndex) else { continue }
                counts[write.streamIndex].add(write, in: try row.name("batch_state"))
            }
            return counts
        }
    }

    private static func streams(of run: RunID, in database: Database) throws -> [RunStreamRecord] {
        let known = try String.fetchOne(
            database,
            sql: "SELECT streams FROM runs WHERE id = ?",
            arguments: [run.blob]
        )
        return try known.map { try JSONText.decode([RunStreamRecord].self, from: $0) } ?? []
    }

    /// One row per batch that has a write, see `EffectiveWrite`, or is quarantined.
    private static let effectiveWrites = """
        SELECT batches.sequence, batches.state AS batch_state, batches.id AS batch_id, range_after, range_through,
            batches.stream_index AS batch_stream, batches.kind AS batch_kind, writes.*
        FROM batches LEFT JOIN writes ON writes.ordinal = (
            SELECT ordinal FROM writes AS candidates WHERE candidates.batch = batches.id
            ORDER BY ending IS 'committed' DESC,
                decision = 'permit' AND coalesce(ending, 'unknowable') = 'unknowable' DESC,
                ordinal DESC
            LIMIT 1
        )
        WHERE batches.run = ? AND batches.sequence >= ? AND batches.state <> 'split'
            AND (writes.ordinal IS NOT NULL OR batches.state = 'quarantined')
        ORDER BY batches.sequence
        """

    private static func bytes(_ statement: Statement, _ ordinal: Int64) throws -> [UInt8] {
        [UInt8](try Data.fetchOne(statement, arguments: [ordinal]) ?? Data())
    }
}
