import GRDB
import Model

extension SQLiteTransaction {
    func put(_ connection: ConnectionSpec, at: Timestamp) throws {
        try execute(
            """
            INSERT INTO connections (name, type, settings, updated_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (name) DO UPDATE SET type = ?2, settings = ?3, updated_at = ?4
            """,
            [connection.name, connection.type, JSONText.encode(connection.settings), at.microseconds]
        )
    }

    /// Versions of a job are 1, 2, 3, …: who computed another one next worked from an old view of the job.
    func put(_ job: JobRecord, actor: String) throws {
        let inserted = try execute(
            """
            INSERT INTO job_versions (job, version, spec, actor, created_at)
            SELECT ?1, ?2, ?3, ?4, ?5
            WHERE ?2 = (SELECT coalesce(max(version), 0) + 1 FROM job_versions WHERE job = ?1)
            """,
            [job.name, job.version, JSONText.encode(job.spec), actor, job.updatedAt.microseconds]
        )
        guard inserted == 1 else {
            let latest = try found("SELECT max(version) FROM job_versions WHERE job = ?", [job.name])
            throw StoreError.lostRace(
                detail: "version \(job.version) of job \(job.name) follows none: the last is \(latest ?? "none")"
            )
        }
        try execute(
            """
            INSERT INTO jobs (name, version, is_paused, paused_reason, created_at, updated_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (name) DO UPDATE SET version = ?2, is_paused = ?3, paused_reason = ?4, updated_at = ?6
            """,
            [
                job.name, job.version, job.isPaused, job.pausedReason, job.createdAt.microseconds,
                job.updatedAt.microseconds,
            ]
        )
    }

    func setPaused(job: String, paused: Bool, reason: String?, at: Timestamp) throws {
        let changed = try execute(
            "UPDATE jobs SET is_paused = ?, paused_reason = ?, updated_at = ? WHERE name = ?",
            [paused, reason, at.microseconds, job]
        )
        guard changed == 1 else { throw StoreError.lostRace(detail: "there is no job \(job)") }
    }

    func insert(_ freeze: FreezeRecord) throws {
        try execute(
            """
            INSERT INTO freezes (connection, actor, reason, at) VALUES (?, ?, ?, ?)
            ON CONFLICT (connection) DO NOTHING
            """,
            [freeze.connection, freeze.actor, freeze.reason, freeze.at.microseconds]
        )
    }

    func insert(_ record: AuditRecord) throws {
        try execute(
            "INSERT INTO audit (at, actor, event, run, subject, detail) VALUES (?, ?, ?, ?, ?, ?)",
            [
                record.at.microseconds, record.actor, record.event, record.run?.blob, record.subject,
                record.detail,
            ]
        )
    }
}
