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
    /// In the order of the connections' names.
    func freezes() throws -> [FreezeRecord]
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
    /// Without segments and key hashes, in order of decision.
    func writes(run: RunID) throws -> [WriteRecord]
    func workers(run: RunID?) throws -> [WorkerRecord]
    /// Workers without a proof of death.
    func liveWorkers() throws -> [WorkerRecord]
    /// Newest first.
    func audit(run: RunID?, limit: Int) throws -> [AuditRecord]
    /// Oldest first. Throws `SluiceError` (`invalid`) for a limit that is not valid.
    func logs(_ query: LogQuery) throws -> [LogLine]

    /// Journalled records of a run, one verdict per record, a page at a time: from the first one on while the run goes on.
    ///
    /// Of each batch the records of one write: the one that was committed, if any; else a permitted one of which it is
    /// not known; else the last decided. In the order of batches, then of the records in the segment. A page's cursor
    /// holds while the run goes on; batches that are written out of turn behind it are not in the pages that follow.
    /// Throws `SluiceError` (`invalid`) for a limit or cursor that is not valid.
    func records(_ query: RecordQuery) throws -> RecordPage

    /// The records of a job that the last run that reached them rejected or quarantined, by stream and key. A run that
    /// was stopped is taken to have reached what it rejected, quarantined or applied.
    func retries(job: String, limit: Int) throws -> [RetryView]

    /// The counts of a run as its batches and writes have them, by the rules of `records`; `writes` are committed ones.
    ///
    /// A write that was rolled back counts as not applied once its batch is withheld: before, it will be attempted again.
    func recount(run: RunID) throws -> RunCounts
    /// The same for each stream of the run, in their order.
    func recountStreams(run: RunID) throws -> [RunCounts]
    /// Records of the run's batches that are not going to be attempted.
    func withheldRecords(run: RunID) throws -> Int
    /// The destination fields that the run's writes name, sorted.
    func fields(run: RunID) throws -> [String]
}
