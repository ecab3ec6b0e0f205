import GRDB
import Model
import Wire

extension SQLiteTransaction {
    /// Records of one run that are put on the list; of more than that something else is wrong.
    private static let retriesMax = 10_000

    /// Lists what the run rejected and quarantined, and takes off what it reached otherwise.
    ///
    /// A segment that cannot be read does not keep the run from ending: the list is then as far as it got.
    func listRetries(of id: RunID) throws {
        do {
            try bringUpToDate(with: id)
        } catch is StoreError {
            return
        }
    }

    private func bringUpToDate(with id: RunID) throws {
        let row = try Row.fetchOne(database, sql: "SELECT * FROM runs WHERE id = ?", arguments: [id.blob])
        guard let run = try row.map(RunRecord.init(row:)) else { return }
        if run.counts.rejected + run.counts.quarantined > 0 { try list(run) }
        let isEmpty =
            try found("SELECT 1 FROM retries WHERE job = ? AND run < ? LIMIT 1", [run.job, run.number]) == nil
        if isEmpty { return }
        var partial: Set<Int> = []
        for (index, stream) in run.streams.enumerated() {
            if try isWhole(stream, index, of: id) {
                try execute(
                    "DELETE FROM retries WHERE job = ? AND stream = ? AND run < ?",
                    [run.job, stream.stream, run.number]
                )
            } else {
                partial.insert(index)
            }
        }
        try takeOffApplied(by: run, streams: partial)
    }

    private func list(_ run: RunRecord) throws {
        var query = RecordQuery(run: run.id, verdicts: [.rejected, .quarantined], limit: 1_000)
        var listed = 0
        repeat {
            let page = try SQLiteStore.records(query, in: database)
            for record in page.records {
                try execute(
                    """
                    INSERT INTO retries (job, stream, key, verdict, code, field, reason, run, since_run, since)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET verdict = excluded.verdict, code = excluded.code,
                        field = excluded.field, reason = excluded.reason, run = excluded.run
                    """,
                    [
                        run.job, record.stream, record.key, record.verdict.rawValue, record.rejectionCode ?? "",
                        record.rejectionField, record.rejectionReason ?? "", run.number, run.number,
                        (run.endedAt ?? run.createdAt).microseconds,
                    ]
                )
            }
            listed += page.records.count
            query.cursor = page.cursor
        } while query.cursor != nil && listed < Self.retriesMax
    }

    /// The run reached every record of the stream.
    private func isWhole(_ stream: RunStreamRecord, _ index: Int, of run: RunID) throws -> Bool {
        guard stream.planComplete, stream.cancel == nil else { return false }
        let withheld = try found(
            "SELECT 1 FROM batches WHERE run = ? AND state = 'withheld' AND stream_index = ? LIMIT 1",
            [run.blob, index]
        )
        return withheld == nil
    }

    /// One pass over the writes of a run that was stopped; only segments that may hold a listed key are opened.
    private func takeOffApplied(by run: RunRecord, streams: Set<Int>) throws {
        var listed: [Int: [KeyLookup]] = [:]
        for index in streams {
            let keys = try String.fetchAll(
                database,
                sql: "SELECT key FROM retries WHERE job = ? AND stream = ? AND run < ?",
                arguments: [run.job, run.streams[index].stream, run.number]
            )
            let lookups = keys.filter { !RecordPlace.isPlace($0) }.map(KeyLookup.init)
            if !lookups.isEmpty { listed[index] = lookups }
        }
        guard !listed.isEmpty else { return }
        try SQLiteStore.forEachWrite(of: run.id, from: 0, in: database) { write, keyHashes, segment in
            guard write.ending == .committed, var lookups = listed[write.streamIndex] else { return true }
            let held = try keyHashes()
            guard lookups.contains(where: { $0.mayBeHeld(by: write, keyHashes: { held }) }) else { return true }
            let records = try JournalListing.open(try segment(), of: write.id)
            for place in lookups.indices { lookups[place].learn(from: records, stream: write.streamIndex) }
            listed[write.streamIndex] = lookups
            let wanted = Set(lookups.map(\.text))
            for record in records where record.operation != .reject && wanted.contains(record.keyText) {
                try execute(
                    "DELETE FROM retries WHERE job = ? AND stream = ? AND key = ? AND run < ?",
                    [run.job, run.streams[write.streamIndex].stream, record.keyText, run.number]
                )
            }
            return true
        }
    }
}
