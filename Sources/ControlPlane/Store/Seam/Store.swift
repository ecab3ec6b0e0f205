public import Model

/// The durable state of one installation. One process leads; it alone calls `apply`, from one thread.
///
/// The queries may be called from any thread at any time and see the last applied transaction.
public protocol Store: AnyObject, Sendable {
    var installation: InstallationID { get }
    /// C of this leadership: one more than that of the last.
    var epoch: UInt64 { get }

    /// All or nothing, synced to disk when it returns. Throws `StoreError`.
    func apply(_ changes: [StoreChange]) throws

    /// Frees the reserve so that a full disk still takes a cancel. Returns false when it was freed before.
    func freeReserve() -> Bool

    func connections() throws -> [ConnectionSpec]
    func connection(_ name: String) throws -> ConnectionSpec?
    func jobs() throws -> [JobRecord]
    func job(_ name: String) throws -> JobRecord?
    func jobVersion(_ name: String, _ version: Int) throws -> JobSpec?

    func nextRunNumber() throws -> Int
    /// Newest first.
    func runs(job: String?, activeOnly: Bool, limit: Int, before: Int?) throws -> [RunRecord]
    func run(_ id: RunID) throws -> RunRecord?
    func run(number: Int) throws -> RunRecord?

    /// In order of sequence.
    func batches(run: RunID) throws -> [BatchRecord]
    func attempts(run: RunID) throws -> [AttemptRecord]
    /// Without segments, in order of decision.
    func writes(run: RunID) throws -> [WriteRecord]
    func workers(run: RunID?) throws -> [WorkerRecord]
    /// Workers without a proof of death.
    func liveWorkers() throws -> [WorkerRecord]
    func audit(run: RunID?, limit: Int) throws -> [AuditRecord]

    func recount(run: RunID) throws -> RunCounts

    /// Journalled records of a run, by the rules of "one verdict per record and run" (PROTOCOL.md section 7), a page at a time.
    func records(_ query: RecordQuery) throws -> RecordPage
}
