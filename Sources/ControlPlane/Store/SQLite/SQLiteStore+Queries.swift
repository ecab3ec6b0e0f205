import Foundation
import GRDB
public import Model

extension SQLiteStore {
    public func connections() throws -> [ConnectionSpec] {
        try rows("SELECT * FROM connections ORDER BY name", map: ConnectionSpec.init(row:))
    }

    public func connection(_ name: String) throws -> ConnectionSpec? {
        try rows("SELECT * FROM connections WHERE name = ?", [name], map: ConnectionSpec.init(row:)).first
    }

    public func freezes() throws -> [FreezeRecord] {
        try rows("SELECT * FROM freezes ORDER BY connection", map: FreezeRecord.init(row:))
    }

    public func jobs() throws -> [JobRecord] {
        try rows("\(Self.selectJobs) ORDER BY jobs.name", map: JobRecord.init(row:))
    }

    public func job(_ name: String) throws -> JobRecord? {
        try rows("\(Self.selectJobs) WHERE jobs.name = ?", [name], map: JobRecord.init(row:)).first
    }

    public func jobVersion(_ name: String, _ version: Int) throws -> JobSpec? {
        try rows(
            "SELECT spec FROM job_versions WHERE job = ? AND version = ?",
            [name, version],
            map: { row -> JobSpec in try row.json("spec") }
        ).first
    }

    public func nextRunNumber() throws -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT coalesce(max(number), 0) + 1 FROM runs") ?? 1 }
    }

    public func runs(job: String?, activeOnly: Bool, limit: Int, before: Int?) throws -> [RunRecord] {
        var conditions: [String] = []
        var arguments: StatementArguments = []
        if let job {
            conditions.append("job = ?")
            arguments += [job]
        }
        if activeOnly { conditions.append("state NOT IN ('completed', 'cancelled', 'failed')") }
        if let before {
            conditions.append("number < ?")
            arguments += [before]
        }
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        arguments += [limit]
        return try rows(
            "SELECT * FROM runs \(filter) ORDER BY number DESC LIMIT ?",
            arguments,
            map: RunRecord.init(row:)
        )
    }

    public func run(_ id: RunID) throws -> RunRecord? {
        try rows("SELECT * FROM runs WHERE id = ?", [Data(id.bytes)], map: RunRecord.init(row:)).first
    }

    public func run(number: Int) throws -> RunRecord? {
        try rows("SELECT * FROM runs WHERE number = ?", [number], map: RunRecord.init(row:)).first
    }

    public func batches(run: RunID) throws -> [BatchRecord] {
        try ofRun(run, "SELECT * FROM batches WHERE run = ? ORDER BY sequence", map: BatchRecord.init(row:))
    }

    public func attempts(run: RunID) throws -> [AttemptRecord] {
        try ofRun(run, "SELECT * FROM attempts WHERE run = ? ORDER BY ordinal", map: AttemptRecord.init(row:))
    }

    public func writes(run: RunID) throws -> [WriteRecord] {
        try ofRun(run, "SELECT * FROM writes WHERE run = ? ORDER BY ordinal", map: WriteRecord.init(row:))
    }

    public func workers(run: RunID?) throws -> [WorkerRecord] {
        guard let run else {
            return try rows("SELECT * FROM workers ORDER BY ordinal", map: WorkerRecord.init(row:))
        }
        return try ofRun(run, "SELECT * FROM workers WHERE run = ? ORDER BY ordinal", map: WorkerRecord.init(row:))
    }

    public func liveWorkers() throws -> [WorkerRecord] {
        try rows("SELECT * FROM workers WHERE died_at IS NULL ORDER BY ordinal", map: WorkerRecord.init(row:))
    }

    public func audit(run: RunID?, limit: Int) throws -> [AuditRecord] {
        let filter = run == nil ? "" : "WHERE run = ?"
        let arguments: StatementArguments = run.map { [Data($0.bytes), limit] } ?? [limit]
        return try rows(
            "SELECT * FROM audit \(filter) ORDER BY ordinal DESC LIMIT ?",
            arguments,
            map: AuditRecord.init(row:)
        )
    }

    private static let selectJobs = """
        SELECT jobs.*, spec FROM jobs
        JOIN job_versions ON job_versions.job = jobs.name AND job_versions.version = jobs.version
        """

    private func ofRun<Value>(_ run: RunID, _ sql: String, map: (Row) throws -> Value) throws -> [Value] {
        try rows(sql, [Data(run.bytes)], map: map)
    }

    func rows<Value>(
        _ sql: String,
        _ arguments: StatementArguments = [],
        map: (Row) throws -> Value
    ) throws -> [Value] {
        try read { database in
            let cursor = try Row.fetchCursor(database.cachedStatement(sql: sql), arguments: arguments)
            var found: [Value] = []
            while let row = try cursor.next() { found.append(try map(row)) }
            return found
        }
    }
}
