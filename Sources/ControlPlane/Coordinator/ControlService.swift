public import Model

/// What the API can ask of the coordinator. All calls may come from any task at any time; they throw `SluiceError`.
public protocol ControlService: Sendable {
    func apply(_ request: ApplyRequest, actor: String) async throws -> ApplyReply
    func jobs() async throws -> [JobView]
    func job(_ name: String) async throws -> JobView
    /// What the job could not write, see `Store.retries`.
    func retries(job: String, limit: Int) async throws -> [RetryView]
    func pause(job: String, paused: Bool, actor: String) async throws -> JobView

    /// `conflict` with the number of the run that is going on, when there is one.
    func sync(job: String, _ request: SyncRequest) async throws -> RunView
    /// Newest first.
    func runs(job: String?, activeOnly: Bool, limit: Int) async throws -> [RunView]
    /// - Parameter reference: the run's number or id.
    func run(_ reference: String) async throws -> RunView
    /// Returns as soon as something that `run` shows has changed since `version`, or after 10 s; with the version to ask
    /// with next. Version 0 answers at once.
    func watch(_ reference: String, since version: UInt64) async throws -> (version: UInt64, run: RunView)
    func cancel(_ reference: String, _ request: CancelRequest) async throws -> CancelReply
    /// What a cancel would mean now; nothing is changed.
    func cancelPreview(_ reference: String) async throws -> CancelPreview
    /// Lets a held run go on.
    func release(_ reference: String, actor: String) async throws -> RunView
    func records(_ query: RecordQuery) async throws -> RecordPage
    /// Oldest first; of a run that goes on, as far as it has got.
    func logs(_ query: LogQuery) async throws -> [LogLine]

    func workers() async throws -> [WorkerView]
    /// SIGKILLs one worker; its run goes on with another, reconciled. Answers once the death is proven.
    /// - Parameter reference: pid, incarnation or a prefix of it.
    func kill(worker reference: String, actor: String) async throws -> WorkerView

    /// No permit any more for what writes to the connection.
    func freeze(connection: String, actor: String, reason: String?) async throws -> FreezeReply
    func unfreeze(connection: String, actor: String) async throws -> FreezeReply
    /// In the order of the connections' names.
    func freezes() async throws -> [FreezeRecord]
    func check(connection: String) async throws -> ConnectionReport
    func discover(connection: String, stream: String?) async throws -> ConnectionReport
}
