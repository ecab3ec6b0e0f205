import GRDB
import Model

extension SQLiteTransaction {
    func insert(_ run: RunRecord) throws {
        try execute(
            """
            INSERT INTO runs (number, id, job, job_version, kind, state, pending_end, trigger, actor, created_at,
                started_at, ended_at, reason, blocked_on, cancel, counts, snapshot_generation, streams,
                gate_closed_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                run.number, run.id.blob, run.job, run.jobVersion, run.kind.rawValue, run.state.rawValue,
                run.pendingEnd?.rawValue, run.trigger, run.actor, run.createdAt.microseconds,
                run.startedAt?.microseconds, run.endedAt?.microseconds, run.reason, run.blockedOn,
                run.cancel.map(JSONText.encode), JSONText.encode(run.counts), run.snapshotGeneration,
                JSONText.encode(run.streams), run.gateClosedAt?.microseconds,
            ]
        )
    }

    func update(_ run: RunRecord, from: RunState) throws {
        let changed = try execute(
            """
            UPDATE runs SET state = ?, pending_end = ?, started_at = ?, ended_at = ?, reason = ?,
                blocked_on = ?, cancel = ?, hold = ?, counts = ?, snapshot_generation = ?, streams = ?,
                gate_closed_at = ?
            WHERE id = ? AND state = ?
            """,
            [
                run.state.rawValue, run.pendingEnd?.rawValue, run.startedAt?.microseconds,
                run.endedAt?.microseconds, run.reason, run.blockedOn, run.cancel.map(JSONText.encode),
                run.hold.map(JSONText.encode), JSONText.encode(run.counts), run.snapshotGeneration,
                JSONText.encode(run.streams),
                run.gateClosedAt?.microseconds, run.id.blob, from.rawValue,
            ]
        )
        guard changed == 1 else {
            throw try lostRun(run.id, expected: from.rawValue)
        }
    }

    func insert(_ batch: BatchRecord) throws {
        try execute(
            """
            INSERT INTO batches (id, run, stream_index, sequence, range_after, range_through, records, state,
                attempts, crashes, kind)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                batch.id.blob, batch.run.blob, batch.streamIndex, batch.sequence,
                batch.range.after.map(JSONText.encode), batch.range.through.map(JSONText.encode),
                batch.records, batch.state.rawValue, batch.attempts, batch.crashes, batch.kind.rawValue,
            ]
        )
    }

    func setBatch(_ id: BatchID, state: BatchState, from: BatchState, attempts: Int) throws {
        let changed = try execute(
            "UPDATE batches SET state = ?, attempts = ? WHERE id = ? AND state = ?",
            [state.rawValue, attempts, id.blob, from.rawValue]
        )
        guard changed == 1 else {
            let state = try found("SELECT state FROM batches WHERE id = ?", [id.blob])
            throw lost("batch \(id)", expected: from.rawValue, found: state)
        }
    }

    func setBatches(run: RunID, state: BatchState, from: BatchState) throws {
        try execute(
            "UPDATE batches SET state = ? WHERE run = ? AND state = ?",
            [state.rawValue, run.blob, from.rawValue]
        )
    }

    func insert(_ worker: WorkerRecord) throws {
        try execute(
            """
            INSERT INTO workers (incarnation, run, pid, host, boot_id, lock_path, spawned_at, died_at, proof, detail)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                worker.incarnation.blob, worker.run?.blob, worker.pid, worker.host, worker.bootID,
                worker.lockPath, worker.spawnedAt.microseconds, worker.diedAt?.microseconds, worker.proof,
                worker.detail,
            ]
        )
    }

    func update(_ worker: WorkerRecord) throws {
        let changed = try execute(
            """
            UPDATE workers SET run = ?, pid = ?, host = ?, boot_id = ?, lock_path = ?, spawned_at = ?, died_at = ?,
                proof = ?, detail = ?
            WHERE incarnation = ?
            """,
            [
                worker.run?.blob, worker.pid, worker.host, worker.bootID, worker.lockPath,
                worker.spawnedAt.microseconds, worker.diedAt?.microseconds, worker.proof, worker.detail,
                worker.incarnation.blob,
            ]
        )
        guard changed == 1 else {
            throw StoreError.lostRace(detail: "there is no worker \(worker.incarnation)")
        }
    }

    func lostRun(_ run: RunID, expected: String) throws -> StoreError {
        let state = try found("SELECT state FROM runs WHERE id = ?", [run.blob])
        return lost("run \(run)", expected: expected, found: state)
    }

    func lost(_ subject: String, expected: String, found: String?) -> StoreError {
        .lostRace(detail: "\(subject) is \(found ?? "not there"), expected \(expected)")
    }
}
