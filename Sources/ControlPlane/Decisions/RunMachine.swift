public import Model

/// Everything that is decided about one run: what is planned, who has which batch, what is permitted, how it ends.
///
/// Pure: an event goes in, `Steps` come out (what to store, then what to send); nothing here reads a clock, a socket or
/// a disk. The shell applies `changes` in one transaction before it sends anything. The extensions follow the way of
/// a batch (`+Opening`, `+Planning`, `+Assigning`, `+Permitting`) and of a cancel (`+Cancelling`, `+Deaths`, `+Ending`).
public struct RunMachine: Sendable {
    public internal(set) var record: RunRecord
    public let limits: RunLimits
    /// Batches that are not over; done, withheld, split and quarantined ones live in the store and in the counts only.
    var batches: [BatchID: Batch] = [:]
    /// Queued batches: those that no worker died of first, in order of sequence.
    var queue: [BatchID] = []
    var attempts: [AttemptID: Attempt] = [:]
    var workers: [Incarnation: RunWorker] = [:]
    var streams: [StreamFacts?]
    var bucket: TokenBucket?
    var intensity = RestartIntensity()
    var generator: SplitMix64
    var nextSequence = 0
    var hadView = false
    /// Workers whose view another one could not open.
    var lostViews: Set<Incarnation> = []
    /// Since nobody could open the run any more.
    var outage: Outage?
    /// Since a worker failed to cut a stream into ranges, and none has done so since.
    var unplannedSince: Timestamp?
    var isSingleWriter = false
    /// Most workers while others want theirs; nil: as many as the job may have.
    var share: Int?
    /// Nothing is permitted to be written to the destination.
    public internal(set) var isFrozen = false
    var gate: Gate = .open
    /// By stream in write mode `replace`: records in its new table.
    var staged: [Int: Int] = [:]
    var discarding = Discarding.none
    /// Some worker died before the run's end.
    var hasLostWorker = false
    var reconciling: Set<AttemptID> = []
    var lastPermitAt: Timestamp?
    var lastWriteAt: Timestamp?
    /// Worker processes that must still be proven dead before the run may end: those of a terminating run, and those of
    /// an earlier coordinator.
    var awaitedDeaths: Set<Incarnation> = []
    public internal(set) var warnings: [String] = []

    public init(record: RunRecord, limits: RunLimits, seed: UInt64) {
        self.record = record
        self.limits = limits
        streams = Array(repeating: nil, count: record.streams.count)
        bucket = limits.recordsPerSecond.map { TokenBucket(perSecond: $0) }
        generator = SplitMix64(state: seed)
    }

    public var isLive: Bool { record.state == .running || record.state == .draining }

    /// Whether this process's death is a thing that the run must hear of.
    public func waitsFor(_ incarnation: Incarnation) -> Bool {
        awaitedDeaths.contains(incarnation) || attempts.values.contains { $0.record.incarnation == incarnation }
    }

    /// The workers that belong to the run now, dead ones excluded.
    public var incarnations: [Incarnation] { Array(workers.keys) }

    public var hasPlan: Bool { record.streams.indices.allSatisfy(isPlanned) }

    mutating func newID<Tag>(_ now: Timestamp) -> Identifier<Tag> {
        .make(milliseconds: now.milliseconds, using: &generator)
    }

    /// Stores the run's row as it is now; `from` is the state that the store has.
    func save(from: RunState, _ steps: inout Steps) {
        steps.changes.append(.updateRun(record, from: from))
    }

    /// Also a line of the run's log.
    func audit(
        _ event: String,
        at now: Timestamp,
        actor: String,
        detail: String,
        level: LogLevel = .info,
        about worker: Incarnation? = nil,
        _ steps: inout Steps
    ) {
        let subject = worker?.description ?? ""
        steps.changes.append(
            .audit(
                AuditRecord(at: now, actor: actor, event: event, run: record.id, subject: subject, detail: detail)
            )
        )
        let what = event.replacing("_", with: " ")
        let by = actor == "coordinator" ? "" : " by \(actor)"
        log(level, "\(what)\(by)\(detail.isEmpty ? "" : ": \(detail)")", by: worker, at: now, &steps)
    }

    /// A line of the run's log.
    func log(
        _ level: LogLevel,
        _ message: String,
        by worker: Incarnation? = nil,
        at now: Timestamp,
        _ steps: inout Steps
    ) {
        steps.changes.append(
            .log(LogRecord(run: record.id, at: now, level: level, worker: worker, message: message))
        )
    }
}

extension RunMachine {
    struct Batch: Sendable {
        var record: BatchRecord
        /// Of its last decided write.
        var last: DecidedWrite?
        var notBefore: Timestamp?
        /// When it first came back with a passing error.
        var failingSince: Timestamp?
    }

    struct DecidedWrite: Sendable {
        var id: WriteID
        var attempt: AttemptID
        var transaction: String
        var system: String
        var digest: [UInt8]
        var decision: PermitDecision
        var reason: String
        var ending: WriteEnding?
        var counts: WriteCounts
    }

    struct Attempt: Sendable {
        var record: AttemptRecord
        var streamIndex: Int
        var write: DecidedWrite?
        /// The batch that comes next in the hand of the worker that died at this one.
        var follower: BatchID?
        /// Earlier transactions of this attempt; an intent of theirs that arrives late is refused.
        var closed: Set<WriteID> = []
    }

    struct RunWorker: Sendable {
        enum State: Sendable {
            case waiting
            case opening
            case open
            case retiring
        }

        var state = State.waiting
        var snapshot: String?
        /// The worker whose view of the source it shares.
        var viewOf: Incarnation?
        var inHand: [AttemptID] = []
        var planning: Planning?
        var isKilled = false
        /// It gets nothing more: the run has more workers than its share.
        var isLeaving = false
    }

    /// What a worker cuts into ranges now.
    struct Planning: Sendable {
        /// Index of the stream.
        var stream: Int
        /// The one that must come next.
        var piece: UInt32 = 0
        /// The batch whose range it is; nil: what is not planned yet of the stream.
        var splits: BatchID?
        /// `deletes`: what is to be deleted of it.
        var kind = BatchKind.records
        /// Of a batch that is split: it is replaced by all of them at once.
        var found: [(range: KeyRange, records: Int)] = []
    }

    enum Gate: Sendable {
        case open
        case closing
        case closed
    }
}

/// What a worker found out about a stream when it opened the run.
public struct StreamFacts: Sendable, Hashable {
    public var sourceRecords: Int64?
    public var recordBytes: Int64?
    /// The destination keeps account of its keys for the time of the run.
    public var keepsLedger: Bool

    public init(sourceRecords: Int64?, recordBytes: Int64?, keepsLedger: Bool = false) {
        self.sourceRecords = sourceRecords
        self.recordBytes = recordBytes
        self.keepsLedger = keepsLedger
    }
}

/// The bounds within which a run's machine decides; from the job version and the coordinator's settings.
public struct RunLimits: Sendable, Hashable {
    public var workers: Int
    public var batch: BatchLimits
    public var recordsPerSecond: Double?
    public var deadline: Duration
    public var onDeadline: DeadlineAction
    /// The streams one after another, in the job's order.
    public var isOrdered: Bool
    /// Batches in a worker's hand: the one it executes and the one it begins next.
    public var credit: Int
    /// Attempts at one batch that may end in a passing error before the run fails, if they took longer than `patience`.
    public var attemptsMax: Int
    /// By stream: the largest share of the rows that it has written which a mirror deletes without a person's leave.
    public var maxDeletes: [Double]
    /// How long an end that does not answer is tried again before the run fails.
    public var patience: Duration

    /// A database restarts within that, as a rule.
    public static let patienceUsual = Duration.seconds(45)

    public init(
        workers: Int,
        batch: BatchLimits,
        recordsPerSecond: Double?,
        deadline: Duration,
        onDeadline: DeadlineAction,
        isOrdered: Bool = false,
        credit: Int = 2,
        attemptsMax: Int = 8,
        maxDeletes: [Double] = [],
        patience: Duration = Self.patienceUsual
    ) {
        self.workers = workers
        self.batch = batch
        self.recordsPerSecond = recordsPerSecond
        self.deadline = deadline
        self.onDeadline = onDeadline
        self.isOrdered = isOrdered
        self.credit = credit
        self.attemptsMax = attemptsMax
        self.maxDeletes = maxDeletes
        self.patience = patience
    }
}
