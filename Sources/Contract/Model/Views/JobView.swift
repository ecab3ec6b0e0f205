/// A job as the API shows it.
public struct JobView: Sendable, Hashable, Codable {
    public var name: String
    public var version: Int
    public var spec: JobSpec
    public var isPaused: Bool
    public var pausedReason: String?
    public var lastRun: RunView?

    public init(
        name: String,
        version: Int,
        spec: JobSpec,
        isPaused: Bool,
        pausedReason: String?,
        lastRun: RunView?
    ) {
        self.name = name
        self.version = version
        self.spec = spec
        self.isPaused = isPaused
        self.pausedReason = pausedReason
        self.lastRun = lastRun
    }
}

public struct SyncRequest: Sendable, Hashable, Codable {
    public var actor: String
    public var trigger: String

    public init(actor: String, trigger: String) {
        self.actor = actor
        self.trigger = trigger
    }
}

public struct CancelRequest: Sendable, Hashable, Codable {
    public var mode: CancelMode
    public var actor: String
    public var reason: String?
    /// Of a graceful cancel; nil: the job's.
    public var deadlineSeconds: Double?
    /// Pause the job's schedule; nil: the default of the mode (force pauses, graceful does not).
    public var pause: Bool?
    /// Only these streams of the run; empty: all of it.
    public var streams: [String]

    public init(
        mode: CancelMode,
        actor: String,
        reason: String? = nil,
        deadlineSeconds: Double? = nil,
        pause: Bool? = nil,
        streams: [String] = []
    ) {
        self.mode = mode
        self.actor = actor
        self.reason = reason
        self.deadlineSeconds = deadlineSeconds
        self.pause = pause
        self.streams = streams
    }
}

/// The answer to `freeze` and `unfreeze`.
public struct FreezeReply: Sendable, Hashable, Codable {
    public var connection: String
    public var isFrozen: Bool
    /// The numbers of the runs going on that write to it.
    public var runs: [Int]

    public init(connection: String, isFrozen: Bool, runs: [Int]) {
        self.connection = connection
        self.isFrozen = isFrozen
        self.runs = runs
    }
}

/// The answer to a cancel: given once it is durable and no permit can follow.
public struct CancelReply: Sendable, Hashable, Codable {
    public var run: RunView
    /// false: the run had ended before; `run.state` says how.
    public var accepted: Bool
    /// What could not be done, for example a cancel that was sent but could not be recorded.
    public var notes: [String]

    public init(run: RunView, accepted: Bool, notes: [String]) {
        self.run = run
        self.accepted = accepted
        self.notes = notes
    }
}

/// The answer to `check` and `discover`.
public struct ConnectionReport: Sendable, Hashable, Codable {
    public var connection: String
    public var error: SluiceError?
    /// What is to know of writing to it.
    public var notes: [String]
    public var streams: [StreamView]

    public init(connection: String, error: SluiceError?, notes: [String] = [], streams: [StreamView]) {
        self.connection = connection
        self.error = error
        self.notes = notes
        self.streams = streams
    }
}

/// What `Connectors.StreamDescription` says, as the API shows it; the JSON of the two is the same, but for `isPositional`
/// and `hasPlaces`, which only a worker needs to know.
public struct StreamView: Sendable, Hashable, Codable {
    public var name: String
    public var columns: [ColumnView]
    public var primaryKey: [String]
    public var uniqueKeys: [[String]]
    public var estimatedRecords: Int64?
    public var averageRecordBytes: Int64?
}

public struct ColumnView: Sendable, Hashable, Codable {
    public var name: String
    public var type: ValueType
    public var nativeType: String
    public var isNullable: Bool
    public var hasDefault: Bool
    public var isGenerated: Bool
}
