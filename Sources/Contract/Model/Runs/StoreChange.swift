/// One change of the durable state. Changes are applied in order, all of a list in one transaction, synced, or none.
///
/// A change that finds the state it expects gone throws `StoreError.lostRace`: then the whole list has no effect.
public enum StoreChange: Sendable {
    case putConnection(ConnectionSpec, at: Timestamp)
    /// Of a connection that is there; frozen again, the first freeze stays.
    case freeze(FreezeRecord)
    case unfreeze(connection: String)
    /// A new version of the job: its number is the record's, one more than that of the last.
    case putJob(JobRecord, actor: String)
    case setJobPaused(job: String, paused: Bool, reason: String?, at: Timestamp)
    case insertRun(RunRecord)
    /// Replaces what can change of the run whose state is `from` now (not its number, job, kind, trigger, actor). An ended
    /// run keeps its state.
    case updateRun(RunRecord, from: RunState)
    /// Brings the retry list of the run's job up to date; after the run has ended.
    case listRetries(RunID)
    case insertBatches([BatchRecord])
    case setBatch(BatchID, state: BatchState, from: BatchState, attempts: Int)
    case setCrashes(BatchID, Int)
    /// Every batch of the run that is in state `from`.
    case setBatches(run: RunID, state: BatchState, from: BatchState)
    /// Requires the run to be running or draining and the batch to have no other open attempt.
    case insertAttempt(AttemptRecord)
    case setAttempt(AttemptID, state: AttemptState, from: AttemptState, reason: String?)
    case insertWorker(WorkerRecord)
    case updateWorker(WorkerRecord)
    /// Intent and decision together. Requires the run to be running or draining and the attempt to be open when the
    /// decision is `permit`.
    case insertWrite(WriteRecord)
    /// permit -> withdrawn, of a permit that never left: one of this leadership (its epoch) that has not ended.
    case withdrawPermit(WriteID)
    /// Sets the ending once; a second, equal one is no error, a different one is `lostRace`. Only a permit can end as
    /// committed.
    case endWrite(WriteID, ending: WriteEnding, detail: String?, at: Timestamp)
    case audit(AuditRecord)
    case log(LogRecord)
}
