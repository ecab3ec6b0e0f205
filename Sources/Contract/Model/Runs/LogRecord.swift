public enum LogLevel: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    case debug
    case info
    case warning
    case error

    public static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// This level and those above it.
    public var andAbove: [LogLevel] { Self.allCases.filter { $0 >= self } }
}

/// A line of a run's log.
public struct LogRecord: Sendable, Hashable {
    public var run: RunID
    public var at: Timestamp
    public var level: LogLevel
    /// The process that it is about; nil: the coordinator's own doing.
    public var worker: Incarnation?
    public var message: String

    public init(run: RunID, at: Timestamp, level: LogLevel, worker: Incarnation? = nil, message: String) {
        self.run = run
        self.at = at
        self.level = level
        self.worker = worker
        self.message = message
    }
}
