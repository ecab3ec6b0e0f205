import GRDB
import Model

extension WriteRecord {
    /// From a row of `writes`: without its segment.
    init(row: Row) throws {
        self.init(
            id: try row.identifier("id"),
            attempt: try row.identifier("attempt"),
            batch: try row.identifier("batch"),
            run: try row.identifier("run"),
            streamIndex: try row.value("stream_index"),
            transaction: try row.value("destination_transaction"),
            system: try row.value("system"),
            digest: try row.bytes("digest"),
            decision: try row.name("decision"),
            decisionReason: try row.optional("decision_reason"),
            decidedAt: try row.time("decided_at"),
            decidedBy: UInt64(bitPattern: try row.value("decided_by")),
            counts: try WriteCounts(row: row),
            header: try row.bytes("header"),
            keyHashes: [],
            segment: []
        )
        ending = try row.optionalName("ending")
        endingDetail = try row.optional("ending_detail")
        endedAt = try row.optionalTime("ended_at")
    }
}

extension WriteCounts {
    init(row: Row) throws {
        self.init(
            inserted: try row.value("inserted"),
            updated: try row.value("updated"),
            deleted: try row.value("deleted"),
            unchanged: try row.value("unchanged"),
            rejected: try row.value("rejected")
        )
    }
}

extension QuarantinedBatch {
    /// From a row of `batches`, its columns named as `SQLiteStore.effectiveWrites` does; nil: it is not quarantined.
    init?(row: Row) throws {
        guard try row.name("batch_state") == BatchState.quarantined else { return nil }
        self.init(
            id: try row.identifier("batch_id"),
            sequence: try row.value("sequence"),
            streamIndex: try row.value("batch_stream"),
            range: KeyRange(
                after: try row.optionalJSON("range_after"),
                through: try row.optionalJSON("range_through")
            ),
            kind: try row.name("batch_kind")
        )
    }
}

extension EffectiveWrite {
    /// From a row of `writes` with `sequence` and `batch_kind` of its batch, and the streams of its run.
    init(row: Row, streams: [RunStreamRecord]) throws {
        let index: Int = try row.value("stream_index")
        let stream = streams.indices.contains(index) ? streams[index] : nil
        self.init(
            id: try row.identifier("id"),
            batch: try row.identifier("batch"),
            sequence: try row.value("sequence"),
            streamIndex: index,
            kind: try row.name("batch_kind"),
            writeMode: stream?.writeMode ?? .upsert,
            swap: stream?.swap,
            decision: try row.name("decision"),
            ending: try row.optionalName("ending"),
            endedAt: try row.optionalTime("ended_at"),
            counts: try WriteCounts(row: row),
            header: try row.bytes("header")
        )
    }
}
