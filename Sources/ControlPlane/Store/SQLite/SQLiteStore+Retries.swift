import GRDB
public import Model

extension SQLiteStore {
    public func retries(job: String, limit: Int) throws -> [RetryView] {
        try rows(
            "SELECT * FROM retries WHERE job = ? ORDER BY stream, since_run, length(key), key LIMIT ?",
            [job, limit],
            map: RetryView.init(row:)
        )
    }
}

extension RetryView {
    fileprivate init(row: Row) throws {
        self.init(
            stream: try row.value("stream"),
            key: try row.value("key"),
            verdict: try row.name("verdict"),
            code: try row.value("code"),
            field: try row.optional("field"),
            reason: try row.value("reason"),
            run: try row.value("run"),
            sinceRun: try row.value("since_run"),
            since: try row.time("since")
        )
    }
}
