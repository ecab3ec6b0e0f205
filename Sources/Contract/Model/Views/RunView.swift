/// A run as the API shows it. Timestamps are µs since 1970.
public struct RunView: Sendable, Hashable, Codable {
    public var id: RunID
    public var number: Int
    public var job: String
    public var jobVersion: Int
    public var kind: RunKind
    public var state: RunState
    public var trigger: String
    public var actor: String
    public var createdAt: Timestamp
    public var startedAt: Timestamp?
    public var endedAt: Timestamp?
    public var reason: String?
    public var blockedOn: String?
    public var counts: RunCounts
    public var planComplete: Bool
    /// Records per second over the last seconds; 0 unless it is moving.
    public var rate: Double
    /// Seconds until the planned records are done at that rate; nil: unknown.
    public var secondsLeft: Double?
    /// The receipt of a cancel, as far as it has got.
    public var cancel: CancelRecord?
    public var workers: [WorkerView]
    public var warnings: [String]
    /// Why it is held, while it is.
    public var hold: HoldRecord?
    public var streams: [RunStreamView] = []
    /// Records of batches that are not going to be attempted because their stream was cancelled.
    public var withheld = 0
    /// When the counts last grew; nil: not yet, or not known of a run that does not go on.
    public var lastProgressAt: Timestamp?
    /// No coordinator has it: it stands still until one takes it up.
    public var isUnattended = false

    public init(
        id: RunID,
        number: Int,
        job: String,
        jobVersion: Int,
        kind: RunKind,
        state: RunState,
        trigger: String,
        actor: String,
        createdAt: Timestamp,
        startedAt: Timestamp?,
        endedAt: Timestamp?,
        reason: String?,
        blockedOn: String?,
        counts: RunCounts,
        planComplete: Bool,
        rate: Double,
        secondsLeft: Double?,
        cancel: CancelRecord?,
        workers: [WorkerView],
        warnings: [String]
    ) {
        self.id = id
        self.number = number
        self.job = job
        self.jobVersion = jobVersion
        self.kind = kind
        self.state = state
        self.trigger = trigger
        self.actor = actor
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.reason = reason
        self.blockedOn = blockedOn
        self.counts = counts
        self.planComplete = planComplete
        self.rate = rate
        self.secondsLeft = secondsLeft
        self.cancel = cancel
        self.workers = workers
        self.warnings = warnings
    }
}

/// One stream of a run as the API shows it.
public struct RunStreamView: Sendable, Hashable, Codable {
    public var stream: String
    public var destination: String?
    public var writeMode: WriteMode
    public var planComplete: Bool
    /// Of this stream alone.
    public var cancel: StreamCancelRecord?
    /// Of a `replace` stream: what became of putting its new table in the place of the old one.
    public var swap: WriteEnding?
    /// Only where one run is asked for.
    public var counts: RunCounts?

    public init(_ record: RunStreamRecord, counts: RunCounts? = nil) {
        stream = record.stream
        destination = record.destination
        writeMode = record.writeMode
        planComplete = record.planComplete
        cancel = record.cancel
        swap = record.swap
        self.counts = counts
    }
}

public enum WorkerState: String, Sendable, Hashable, Codable, CaseIterable {
    case starting
    case idle
    case working
    /// No progress for 30 s; never killed for that alone.
    case stuck
    case dying
    case dead
}

/// A worker process, live or dead.
public struct WorkerView: Sendable, Hashable, Codable {
    public var incarnation: Incarnation
    public var run: Int?
    public var pid: Int32?
    public var host: String?
    public var state: WorkerState
    public var doing: String
    /// Since when it does that; nil: it does nothing, or has not said it.
    public var since: Timestamp?
    public var residentBytes: UInt64
    public var spawnedAt: Timestamp
    public var diedAt: Timestamp?
    /// How its death was proven, and how it died.
    public var death: String?

    public init(
        incarnation: Incarnation,
        run: Int?,
        pid: Int32?,
        host: String?,
        state: WorkerState,
        doing: String,
        residentBytes: UInt64,
        spawnedAt: Timestamp,
        diedAt: Timestamp?,
        death: String?
    ) {
        self.incarnation = incarnation
        self.run = run
        self.pid = pid
        self.host = host
        self.state = state
        self.doing = doing
        self.residentBytes = residentBytes
        self.spawnedAt = spawnedAt
        self.diedAt = diedAt
        self.death = death
    }
}
