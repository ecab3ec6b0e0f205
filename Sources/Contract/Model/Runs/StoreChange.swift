/// One change of the durable state. Changes are applied in order, all of a list in one transaction, synced, or none.
///
/// A change that finds the state it expects gone throws `StoreError.lostRace`: then the whole list has no effect.
public enum StoreChange: Sendable {
    case putConnection(ConnectionSpec, at: Timestamp)
    /// A new version of the job (its number is the record's).
    case putJob(JobRecord, actor: String)
    case setJobPaused(job: String, paused: Bool, reason: String?, at: Timestamp)
    case insertRun(RunRecord)
    /// Replaces every column of the run whose state is `from` now.
    case updateRun(RunRecord, from: RunState)
    case insertBatches([BatchRecord])
    case setBatch(BatchID, state: BatchState, from: BatchState, attempts: Int)
    /// Every batch of the run that is in state `from`.
    case setBatches(run: RunID, state: BatchState, from: BatchState)
    case insertAttempt(AttemptRecord)
    case setAttempt(AttemptID, state: AttemptState, from: AttemptState, reason: String?)
    case insertWorker(WorkerRecord)
    case updateWorker(WorkerRecord)
    /// Intent and decision together. Requires the run to be running or draining and the attempt to be open when the
    /// decision is `permit`.
    case insertWrite(WriteRecord)
    /// permit -> withdrawn, of a permit that never left.
    case withdrawPermit(WriteID)
    /// Sets the ending once; a second, equal one is no error, a different one is `lostRace`.
    case endWrite(WriteID, ending: WriteEnding, detail: String?, at: Timestamp)
    case audit(AuditRecord)
}
