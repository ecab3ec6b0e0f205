import GRDB
import Model

extension ConnectionSpec {
    init(row: Row) throws {
        self.init(name: try row.value("name"), type: try row.value("type"), settings: try row.json("settings"))
    }
}

extension FreezeRecord {
    init(row: Row) throws {
        self.init(
            connection: try row.value("connection"),
            actor: try row.value("actor"),
            reason: try row.optional("reason"),
            at: try row.time("at")
        )
    }
}

extension JobRecord {
    /// From a row of `jobs` joined with the `spec` of its version.
    init(row: Row) throws {
        self.init(
            name: try row.value("name"),
            version: try row.value("version"),
            spec: try row.json("spec"),
            isPaused: try row.value("is_paused"),
            pausedReason: try row.optional("paused_reason"),
            createdAt: try row.time("created_at"),
            updatedAt: try row.time("updated_at")
        )
    }
}

extension AuditRecord {
    init(row: Row) throws {
        self.init(
            at: try row.time("at"),
            actor: try row.value("actor"),
            event: try row.value("event"),
            run: try row.optionalIdentifier("run"),
            subject: try row.value("subject"),
            detail: try row.value("detail")
        )
    }
}
