/// What a cancel would mean if it were accepted now.
public struct CancelPreview: Sendable, Hashable, Codable {
    /// Graceful: at most so many more records, those of the batches that have started.
    public var drainRecords: Int
    /// Graceful: about so long at the present rate; nil: no rate yet.
    public var drainSeconds: Double?
    /// Force: at most so many records are uncertain until they are reconciled: one write of each worker.
    public var uncertainRecords: Int
    /// Force: so many processes are killed.
    public var processes: Int

    public init(drainRecords: Int, drainSeconds: Double?, uncertainRecords: Int, processes: Int) {
        self.drainRecords = drainRecords
        self.drainSeconds = drainSeconds
        self.uncertainRecords = uncertainRecords
        self.processes = processes
    }
}
