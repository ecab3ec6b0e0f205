import Coordinator
import Model
import Synchronization

/// A `ControlService` with one job, one run and a journal of its own; it remembers what it was asked.
final class FakeService: ControlService {
    struct Memory {
        var asked: [String] = []
        var run: RunView
        var records: [RecordView] = []
        /// Thrown by every call while set.
        var failure: SluiceError?
        /// Thrown by `records` from this cursor on.
        var breaksAt: String?
    }

    let memory: Mutex<Memory>

    init(records count: Int = 0) {
        let run = RunView.sample(state: .running)
        let records = (0..<count).map { RecordView.sample(number: $0) }
        memory = Mutex(Memory(run: run, records: records))
    }

    var asked: [String] { memory.withLock { $0.asked } }

    private func note(_ text: String) throws {
        try memory.withLock { memory in
            memory.asked.append(text)
            if let failure = memory.failure { throw failure }
        }
    }

    func apply(_ request: ApplyRequest, actor: String) async throws -> ApplyReply {
        let how = request.dryRun ? " dry" : ""
        try note("apply\(how) \(request.connections.map(\.name)) \(request.jobs.map(\.name)) by \(actor)")
        let field = FieldDifference(path: "streams[contacts].map.email", before: nil, after: "{a}@x")
        let changes = request.jobs.map { job in
            ApplyChange(kind: .job, name: job.name, outcome: .changed, version: 3, versionBefore: 2, fields: [field])
        }
        return ApplyReply(dryRun: request.dryRun, changes: changes)
    }

    func jobs() async throws -> [JobView] {
        try note("jobs")
        return [JobView.sample(isPaused: false)]
    }

    func job(_ name: String) async throws -> JobView {
        try note("job \(name)")
        guard name == "contacts" else { throw SluiceError(.notFound, "job \"\(name)\" not found") }
        return JobView.sample(isPaused: false)
    }

    func retries(job: String, limit: Int) async throws -> [RetryView] {
        try note("retries of \(job), \(limit)")
        return [.sample]
    }

    func pause(job: String, paused: Bool, actor: String) async throws -> JobView {
        try note("pause \(job) \(paused) by \(actor)")
        return JobView.sample(isPaused: paused)
    }

    func sync(job: String, _ request: SyncRequest) async throws -> RunView {
        try note("sync \(job) by \(request.actor) for \(request.trigger)")
        return memory.withLock { $0.run }
    }

    func runs(job: String?, activeOnly: Bool, limit: Int) async throws -> [RunView] {
        try note("runs \(job ?? "-") \(activeOnly) \(limit)")
        return [memory.withLock { $0.run }]
    }

    func run(_ reference: String) async throws -> RunView {
        try note("run \(reference)")
        return memory.withLock { $0.run }
    }

    func watch(_ reference: String, since version: UInt64) async throws -> (version: UInt64, run: RunView) {
        try note("watch \(reference) since \(version)")
        return (version + 1, memory.withLock { $0.run })
    }

    func cancel(_ reference: String, _ request: CancelRequest) async throws -> CancelReply {
        let deadline = request.deadlineSeconds.map { "\($0)" } ?? "-"
        let pause = request.pause.map { "\($0)" } ?? "-"
        try note(
            "cancel \(reference) \(request.mode) by \(request.actor) because \(request.reason ?? "-") \(deadline) \(pause)"
        )
        return CancelReply(run: memory.withLock { $0.run }, accepted: true, notes: ["noted"])
    }

    func release(_ reference: String, actor: String) async throws -> RunView {
        try note("release \(reference) by \(actor)")
        return memory.withLock { $0.run }
    }

    /// Cursors are the index of the next record.
    func records(_ query: RecordQuery) async throws -> RecordPage {
        let conditions = [
            query.verdicts.map(\.rawValue).joined(separator: "+"),
            query.operations.map(\.rawValue).joined(separator: "+"), query.fields.joined(separator: "+"),
            query.key ?? "-", query.stream ?? "-",
        ]
        try note("records \(conditions.joined(separator: " ")) from \(query.cursor ?? "-") limit \(query.limit)")
        return try memory.withLock { memory in
            if let cursor = query.cursor, cursor == memory.breaksAt {
                throw SluiceError(.internal, "the journal cannot be read")
            }
            let start = query.cursor.flatMap(Int.init) ?? 0
            let end = min(start + query.limit, memory.records.count)
            let isLast = end == memory.records.count
            return RecordPage(records: Array(memory.records[start..<end]), cursor: isLast ? nil : "\(end)")
        }
    }

    func cancelPreview(_ reference: String) async throws -> CancelPreview {
        try note("preview \(reference)")
        return CancelPreview(drainRecords: 250, drainSeconds: 0.5, uncertainRecords: 500, processes: 2)
    }

    func freeze(connection: String, actor: String, reason: String?) async throws -> FreezeReply {
        try note("freeze \(connection) by \(actor) because \(reason ?? "-")")
        return FreezeReply(connection: connection, isFrozen: true, runs: [7])
    }

    func unfreeze(connection: String, actor: String) async throws -> FreezeReply {
        try note("unfreeze \(connection) by \(actor)")
        return FreezeReply(connection: connection, isFrozen: false, runs: [])
    }

    func freezes() async throws -> [FreezeRecord] {
        try note("freezes")
        return [FreezeRecord(connection: "crm", actor: "ada", reason: "it burns", at: sampleTime)]
    }

    func logs(_ query: LogQuery) async throws -> [LogLine] {
        try note("logs \(query.level) \(query.worker ?? "-") \(query.after) \(query.limit)")
        return [
            LogLine(ordinal: query.after + 1, at: sampleTime, level: .warning, worker: nil, pid: nil, message: "held")
        ]
    }

    func workers() async throws -> [WorkerView] {
        try note("workers")
        return [WorkerView.sample]
    }

    func kill(worker reference: String, actor: String) async throws -> WorkerView {
        try note("kill \(reference) by \(actor)")
        return WorkerView.sample
    }

    func check(connection: String) async throws -> ConnectionReport {
        try note("check \(connection)")
        let error = SluiceError(.unreachable, "connection refused", isRetriable: true)
        return ConnectionReport(connection: connection, error: error, streams: [])
    }

    func discover(connection: String, stream: String?) async throws -> ConnectionReport {
        try note("discover \(connection) \(stream ?? "-")")
        return ConnectionReport(connection: connection, error: nil, streams: [])
    }
}
