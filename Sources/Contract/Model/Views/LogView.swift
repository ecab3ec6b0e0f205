/// Which lines of a run's log to list, oldest first.
public struct LogQuery: Sendable, Hashable {
    public var run: RunID
    /// This level and those above it.
    public var level: LogLevel
    /// Pid, incarnation or a prefix of it; nil: of all workers, and of none.
    public var worker: String?
    /// The ordinal of the last line that is known; 0: from the first on.
    public var after: Int64
    public var limit: Int

    public static let limitMax = 10_000

    public init(run: RunID, level: LogLevel = .info, worker: String? = nil, after: Int64 = 0, limit: Int = 1_000) {
        self.run = run
        self.level = level
        self.worker = worker
        self.after = after
        self.limit = limit
    }
}

/// A line of a run's log as it is shown.
public struct LogLine: Sendable, Hashable, Codable {
    /// Grows from line to line, over all runs.
    public var ordinal: Int64
    public var at: Timestamp
    public var level: LogLevel
    public var worker: Incarnation?
    /// Of that worker.
    public var pid: Int32?
    public var message: String

    public init(ordinal: Int64, at: Timestamp, level: LogLevel, worker: Incarnation?, pid: Int32?, message: String) {
        self.ordinal = ordinal
        self.at = at
        self.level = level
        self.worker = worker
        self.pid = pid
        self.message = message
    }
}
