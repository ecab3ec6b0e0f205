import Foundation
import GRDB
import Model

/// The conditions of a permit are part of the statement that stores it: there is no instant between asking and storing.
extension SQLiteTransaction {
    /// No assignment in a run that is not running or draining; the schema holds that a batch has one open attempt.
    func insert(_ attempt: AttemptRecord) throws {
        let inserted = try execute(
            """
            INSERT INTO attempts (id, batch, run, incarnation, state, created_at, reason)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
            WHERE EXISTS (SELECT 1 FROM runs WHERE id = ?3 AND state IN ('running', 'draining'))
            """,
            [
                attempt.id.blob, attempt.batch.blob, attempt.run.blob, attempt.incarnation.blob,
                attempt.state.rawValue, attempt.createdAt.microseconds, attempt.reason,
            ]
        )
        guard inserted == 1 else { throw try lostRun(attempt.run, expected: "running or draining") }
    }

    func setAttempt(_ id: AttemptID, state: AttemptState, from: AttemptState, reason: String?) throws {
        let changed = try execute(
            "UPDATE attempts SET state = ?, reason = coalesce(?, reason) WHERE id = ? AND state = ?",
            [state.rawValue, reason, id.blob, from.rawValue]
        )
        guard changed == 1 else { throw try lostAttempt(id, expected: from) }
    }

    func insert(_ write: WriteRecord) throws {
        let inserted = try execute(
            """
            INSERT INTO writes (id, attempt, batch, run, stream_index, destination_transaction, system, digest,
                decision, decision_reason, decided_at, decided_by, ending, ending_detail, ended_at,
                inserted, updated, deleted, unchanged, rejected, header)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21
            WHERE ?9 <> 'permit'
                OR EXISTS (SELECT 1 FROM runs WHERE id = ?4 AND state IN ('running', 'draining'))
                AND EXISTS (SELECT 1 FROM attempts WHERE id = ?2 AND batch = ?3 AND run = ?4 AND state = 'open')
            """,
            [
                write.id.blob, write.attempt.blob, write.batch.blob, write.run.blob, write.streamIndex,
                write.transaction, write.system, Data(write.digest), write.decision.rawValue,
                write.decisionReason, write.decidedAt.microseconds, Int64(bitPattern: write.decidedBy),
                write.ending?.rawValue, write.endingDetail, write.endedAt?.microseconds,
                write.counts.inserted, write.counts.updated, write.counts.deleted, write.counts.unchanged,
                write.counts.rejected, Data(write.header),
            ]
        )
        guard inserted == 1 else { throw try lostPermit(write) }
        // Up to 20 arguments GRDB lends SQLite the bytes: of a segment this is the one copy.
        try execute(
            "INSERT INTO segments (write, key_hashes, bytes) VALUES (?, ?, ?)",
            [database.lastInsertedRowID, Data(write.keyHashes), Data(write.segment)]
        )
    }

    /// Only the leadership that stored a permit can know that it never sent it.
    func withdrawPermit(_ id: WriteID) throws {
        let changed = try execute(
            """
            UPDATE writes SET decision = 'withdrawn'
            WHERE id = ? AND decision = 'permit' AND ending IS NULL AND decided_by = ?
            """,
            [id.blob, Int64(bitPattern: epoch)]
        )
        guard changed == 1 else {
            throw try lostWrite(id, expected: "permit of epoch \(epoch), not ended")
        }
    }

    func endWrite(_ id: WriteID, ending: WriteEnding, detail: String?, at: Timestamp) throws {
        let changed = try execute(
            """
            UPDATE writes SET ending = ?1, ending_detail = ?2, ended_at = ?3
            WHERE id = ?4 AND ending IS NULL AND (?1 <> 'committed' OR decision = 'permit')
            """,
            [ending.rawValue, detail, at.microseconds, id.blob]
        )
        if changed == 1 { return }
        let known = try found("SELECT ending FROM writes WHERE id = ?", [id.blob])
        guard known == ending.rawValue else {
            throw try lostWrite(id, expected: "open to be ended as \(ending.rawValue)")
        }
    }

    private func lostPermit(_ write: WriteRecord) throws -> StoreError {
        let state = try found("SELECT state FROM runs WHERE id = ?", [write.run.blob])
        guard state == RunState.running.rawValue || state == RunState.draining.rawValue else {
            return lost("run \(write.run)", expected: "running or draining", found: state)
        }
        return try lostAttempt(write.attempt, expected: .open)
    }

    private func lostAttempt(_ id: AttemptID, expected: AttemptState) throws -> StoreError {
        let state = try found("SELECT state FROM attempts WHERE id = ?", [id.blob])
        return lost("attempt \(id)", expected: expected.rawValue, found: state)
    }

    private func lostWrite(_ id: WriteID, expected: String) throws -> StoreError {
        let state = try found(
            """
            SELECT decision || ' of epoch ' || decided_by || ', ' || coalesce(ending, 'not ended')
            FROM writes WHERE id = ?
            """,
            [id.blob]
        )
        return lost("write \(id)", expected: expected, found: state)
    }
}
