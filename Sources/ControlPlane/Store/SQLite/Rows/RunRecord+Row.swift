import GRDB
import Model

extension RunRecord {
    init(row: Row) throws {
        self.init(
            id: try row.identifier("id"),
            number: try row.value("number"),
            job: try row.value("job"),
            jobVersion: try row.value("job_version"),
            kind: try row.name("kind"),
            state: try row.name("state"),
            trigger: try row.value("trigger"),
            actor: try row.value("actor"),
            createdAt: try row.time("created_at"),
            streams: try row.json("streams")
        )
        pendingEnd = try row.optionalName("pending_end")
        startedAt = try row.optionalTime("started_at")
        endedAt = try row.optionalTime("ended_at")
        reason = try row.optional("reason")
        blockedOn = try row.optional("blocked_on")
        cancel = try row.optionalJSON("cancel")
        hold = try row.optionalJSON("hold")
        counts = try row.json("counts")
        snapshotGeneration = try row.value("snapshot_generation")
        gateClosedAt = try row.optionalTime("gate_closed_at")
    }
}

extension BatchRecord {
    init(row: Row) throws {
        self.init(
            id: try row.identifier("id"),
            run: try row.identifier("run"),
            streamIndex: try row.value("stream_index"),
            kind: try row.name("kind"),
            sequence: try row.value("sequence"),
            range: KeyRange(
                after: try row.optionalJSON("range_after"),
                through: try row.optionalJSON("range_through")
            ),
            records: try row.value("records")
        )
        state = try row.name("state")
        attempts = try row.value("attempts")
        crashes = try row.value("crashes")
    }
}

extension AttemptRecord {
    init(row: Row) throws {
        self.init(
            id: try row.identifier("id"),
            batch: try row.identifier("batch"),
            run: try row.identifier("run"),
            incarnation: try row.identifier("incarnation"),
            createdAt: try row.time("created_at")
        )
        state = try row.name("state")
        reason = try row.optional("reason")
    }
}

extension WorkerRecord {
    init(row: Row) throws {
        self.init(incarnation: try row.identifier("incarnation"), spawnedAt: try row.time("spawned_at"))
        run = try row.optionalIdentifier("run")
        pid = try row.optional("pid")
        host = try row.optional("host")
        bootID = try row.optional("boot_id")
        lockPath = try row.optional("lock_path")
        diedAt = try row.optionalTime("died_at")
        proof = try row.optional("proof")
        detail = try row.optional("detail")
    }
}
