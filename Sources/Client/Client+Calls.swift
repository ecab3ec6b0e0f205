public import Model

extension Client {
    private struct Jobs: Decodable {
        var jobs: [JobView]
    }

    private struct Runs: Decodable {
        var runs: [RunView]
    }

    private struct Retries: Decodable {
        var records: [RetryView]
    }

    private struct Workers: Decodable {
        var workers: [WorkerView]
    }

    private struct Logs: Decodable {
        var lines: [LogLine]
    }

    private struct Watched: Decodable {
        var version: UInt64
        var run: RunView
    }

    private struct By: Encodable {
        var actor: String
    }

    private struct Freezes: Decodable {
        var freezes: [FreezeRecord]
    }

    private struct Freeze: Encodable {
        var actor: String
        var reason: String?
    }

    private struct Apply: Encodable {
        var connections: [ConnectionSpec]
        var jobs: [JobSpec]
        var actor: String
        var dryRun: Bool
    }

    public func apply(_ request: ApplyRequest, actor: String) throws -> ApplyReply {
        let body = Apply(
            connections: request.connections,
            jobs: request.jobs,
            actor: actor,
            dryRun: request.dryRun
        )
        return try post("/apply", [], body)
    }

    public func freeze(connection: String, actor: String, reason: String?) throws -> FreezeReply {
        try post("/connections/\(Self.escape(connection))/freeze", [], Freeze(actor: actor, reason: reason))
    }

    public func unfreeze(connection: String, actor: String) throws -> FreezeReply {
        try post("/connections/\(Self.escape(connection))/unfreeze", [], By(actor: actor))
    }

    /// The connections to which nothing is permitted to be written.
    public func freezes() throws -> [FreezeRecord] {
        let answer: Freezes = try get("/freezes")
        return answer.freezes
    }

    public func check(connection: String) throws -> ConnectionReport {
        try post("/connections/\(Self.escape(connection))/check", [], [String: String](), isLong: true)
    }

    public func discover(connection: String, stream: String?) throws -> ConnectionReport {
        let path = "/connections/\(Self.escape(connection))/discover"
        return try post(path, [("stream", stream)], [String: String](), isLong: true)
    }

    public func jobs() throws -> [JobView] {
        let answer: Jobs = try get("/jobs")
        return answer.jobs
    }

    public func job(_ name: String) throws -> JobView {
        try get("/jobs/\(Self.escape(name))")
    }

    /// The records that the last run that reached them rejected or quarantined.
    public func retries(job: String, limit: Int) throws -> [RetryView] {
        let answer: Retries = try get("/jobs/\(Self.escape(job))/retries", [("limit", "\(limit)")])
        return answer.records
    }

    public func pause(job: String, paused: Bool, actor: String) throws -> JobView {
        try post("/jobs/\(Self.escape(job))/\(paused ? "pause" : "resume")", [], By(actor: actor))
    }

    public func sync(job: String, _ request: SyncRequest) throws -> RunView {
        try post("/jobs/\(Self.escape(job))/sync", [], request)
    }

    public func runs(job: String?, activeOnly: Bool, limit: Int) throws -> [RunView] {
        let query = [("job", job), ("active", activeOnly ? "true" : nil), ("limit", "\(limit)")]
        let answer: Runs = try get("/runs", query)
        return answer.runs
    }

    public func run(_ reference: String) throws -> RunView {
        try get("/runs/\(Self.escape(reference))")
    }

    public func watch(_ reference: String, since version: UInt64) throws -> (version: UInt64, run: RunView) {
        let answer: Watched = try get("/runs/\(Self.escape(reference))/watch", [("since", "\(version)")])
        return (answer.version, answer.run)
    }

    public func cancel(_ reference: String, _ request: CancelRequest) throws -> CancelReply {
        try post("/runs/\(Self.escape(reference))/cancel", [], request)
    }

    public func cancelPreview(_ reference: String) throws -> CancelPreview {
        try get("/runs/\(Self.escape(reference))/cancel")
    }

    public func release(_ reference: String, actor: String) throws -> RunView {
        try post("/runs/\(Self.escape(reference))/release", [], By(actor: actor))
    }

    public func logs(_ query: LogQuery) throws -> [LogLine] {
        let answer: Logs = try get(
            "/runs/\(query.run)/logs",
            [
                ("level", query.level.rawValue), ("worker", query.worker), ("after", "\(query.after)"),
                ("limit", "\(query.limit)"),
            ]
        )
        return answer.lines
    }

    public func workers() throws -> [WorkerView] {
        let answer: Workers = try get("/workers")
        return answer.workers
    }

    public func kill(worker reference: String, actor: String) throws -> WorkerView {
        try post("/workers/\(Self.escape(reference))/kill", [], By(actor: actor), isLong: true)
    }
}
