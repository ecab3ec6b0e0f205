/// A row of the store's `runs`.
public struct RunRecord: Sendable, Hashable {
    public var id: RunID
    /// 1, 2, 3, … within the store: what people type.
    public var number: Int
    public var job: String
    public var jobVersion: Int
    public var kind: RunKind
    public var state: RunState
    /// What a draining or terminating run is going to be.
    public var pendingEnd: RunState?
    /// `manual`, `schedule`, `api`, …
    public var trigger: String
    public var actor: String
    public var createdAt: Timestamp
    public var startedAt: Timestamp?
    public var endedAt: Timestamp?
    /// Why it failed, was cancelled or is held.
    public var reason: String?
    /// What a terminating or reconciling run waits for.
    public var blockedOn: String?
    public var cancel: CancelRecord?
    /// While the run is held.
    public var hold: HoldRecord?
    public var counts: RunCounts
    /// Grows when every holder of the source's view was lost and the rest is read under a new one.
    public var snapshotGeneration: Int
    /// Per stream of the job version, in its order.
    public var streams: [RunStreamRecord]
    /// When the gate at the destination was proven closed.
    public var gateClosedAt: Timestamp?

    public init(
        id: RunID,
        number: Int,
        job: String,
        jobVersion: Int,
        kind: RunKind = .sync,
        state: RunState = .queued,
        trigger: String,
        actor: String,
        createdAt: Timestamp,
        streams: [RunStreamRecord]
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
        self.streams = streams
        counts = RunCounts()
        snapshotGeneration = 1
    }
}

/// How far the planning of a stream is.
public struct RunStreamRecord: Sendable, Hashable, Codable {
    public var stream: String
    /// At the destination; nil in a run of before this was recorded.
    public var destination: String?
    public var writeMode: WriteMode
    public var planComplete: Bool
    /// The upper bound of the last planned range; planning goes on behind it.
    public var plannedThrough: [String]?
    /// Of this stream alone.
    public var cancel: StreamCancelRecord?
    /// Of a `replace` stream: what became of putting its new table in the place of the old one; nil: that is to come.
    public var swap: WriteEnding?
    /// Of a `mirror` stream: what is to be deleted; nil: that is not known yet.
    public var deletes: DeletesRecord?

    public init(
        stream: String,
        destination: String? = nil,
        writeMode: WriteMode = .upsert,
        planComplete: Bool = false,
        plannedThrough: [String]? = nil
    ) {
        self.stream = stream
        self.destination = destination
        self.writeMode = writeMode
        self.planComplete = planComplete
        self.plannedThrough = plannedThrough
    }

    /// Whether a person means it by this name: the source's or the destination's.
    public func isNamed(_ name: String) -> Bool { stream == name || destination == name }

    /// `contacts`, or `contacts to people`.
    public var label: String {
        destination.map { $0 == stream ? stream : "\(stream) to \($0)" } ?? stream
    }
}

/// What a run deletes of a `mirror` stream's rows.
public struct DeletesRecord: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Hashable, Codable {
        /// More than a run may delete without a person's leave.
        case held
        /// In batches, if there is anything.
        case queued
        /// Nothing is deleted in this run.
        case off
    }

    public var state: State
    public var rows: Int
    /// Rows that the stream has written, those to be deleted among them.
    public var owned: Int
    /// Why it is off.
    public var reason: String?

    public init(state: State, rows: Int = 0, owned: Int = 0, reason: String? = nil) {
        self.state = state
        self.rows = rows
        self.owned = owned
        self.reason = reason
    }
}

/// The receipt of a cancel, part of the run for ever.
public struct CancelRecord: Sendable, Hashable, Codable {
    public var mode: CancelMode
    public var actor: String
    public var reason: String?
    public var requestedAt: Timestamp
    public var deadlineAt: Timestamp?
    public var onDeadline: DeadlineAction
    public var escalatedAt: Timestamp?
    public var lastPermitAt: Timestamp?
    public var lastWriteAt: Timestamp?
    public var workersDeadAt: Timestamp?
    public var fencedAt: Timestamp?
    public var reconciledAt: Timestamp?

    public init(
        mode: CancelMode,
        actor: String,
        reason: String?,
        requestedAt: Timestamp,
        deadlineAt: Timestamp? = nil,
        onDeadline: DeadlineAction = .force
    ) {
        self.mode = mode
        self.actor = actor
        self.reason = reason
        self.requestedAt = requestedAt
        self.deadlineAt = deadlineAt
        self.onDeadline = onDeadline
    }
}

public struct BatchRecord: Sendable, Hashable {
    public var id: BatchID
    public var run: RunID
    public var streamIndex: Int
    public var kind: BatchKind
    /// 0, 1, 2, … in the order of planning, over all streams of the run.
    public var sequence: Int
    public var range: KeyRange
    public var records: Int
    public var state: BatchState
    /// Attempts so far.
    public var attempts: Int
    /// Worker deaths that nobody ordered while it was at work, those of the batch that it was cut from counted as one.
    public var crashes: Int

    public init(
        id: BatchID,
        run: RunID,
        streamIndex: Int,
        kind: BatchKind = .records,
        sequence: Int,
        range: KeyRange,
        records: Int,
        crashes: Int = 0
    ) {
        self.id = id
        self.run = run
        self.streamIndex = streamIndex
        self.kind = kind
        self.sequence = sequence
        self.range = range
        self.records = records
        self.crashes = crashes
        state = .queued
        attempts = 0
    }
}

public struct AttemptRecord: Sendable, Hashable {
    public var id: AttemptID
    public var batch: BatchID
    public var run: RunID
    public var incarnation: Incarnation
    public var state: AttemptState
    public var createdAt: Timestamp
    public var reason: String?

    public init(
        id: AttemptID,
        batch: BatchID,
        run: RunID,
        incarnation: Incarnation,
        createdAt: Timestamp
    ) {
        self.id = id
        self.batch = batch
        self.run = run
        self.incarnation = incarnation
        self.createdAt = createdAt
        state = .open
    }
}

/// A worker process that was ordered from a supervisor.
public struct WorkerRecord: Sendable, Hashable {
    public var incarnation: Incarnation
    /// The run it was given to; nil: spare or errand.
    public var run: RunID?
    public var pid: Int32?
    public var host: String?
    public var bootID: String?
    public var lockPath: String?
    public var spawnedAt: Timestamp
    /// When the proof of its death was recorded.
    public var diedAt: Timestamp?
    /// `reaped`, `lock_free`, `other_boot`, `attested`.
    public var proof: String?
    public var detail: String?

    public init(incarnation: Incarnation, spawnedAt: Timestamp) {
        self.incarnation = incarnation
        self.spawnedAt = spawnedAt
    }
}

/// A write's intent with the decision on it; its segment is the journal.
public struct WriteRecord: Sendable, Hashable {
    public var id: WriteID
    public var attempt: AttemptID
    public var batch: BatchID
    public var run: RunID
    public var streamIndex: Int
    public var transaction: String
    public var system: String
    /// 16 bytes.
    public var digest: [UInt8]
    public var decision: PermitDecision
    public var decisionReason: String?
    public var decidedAt: Timestamp
    /// The coordinator epoch that decided.
    public var decidedBy: UInt64
    public var ending: WriteEnding?
    public var endingDetail: String?
    /// When the worker committed (its clock), or when the ending was established.
    public var endedAt: Timestamp?
    public var counts: WriteCounts
    /// `Wire_SegmentHeader`, serialized.
    public var header: [UInt8]
    /// uint32 little-endian, sorted; see wire.proto.
    public var keyHashes: [UInt8]
    /// `Journal_Segment`, serialized and zstd-compressed, as the worker sent it. Empty when read without segments.
    public var segment: [UInt8]

    public init(
        id: WriteID,
        attempt: AttemptID,
        batch: BatchID,
        run: RunID,
        streamIndex: Int,
        transaction: String,
        system: String,
        digest: [UInt8],
        decision: PermitDecision,
        decisionReason: String?,
        decidedAt: Timestamp,
        decidedBy: UInt64,
        counts: WriteCounts,
        header: [UInt8],
        keyHashes: [UInt8],
        segment: [UInt8]
    ) {
        self.id = id
        self.attempt = attempt
        self.batch = batch
        self.run = run
        self.streamIndex = streamIndex
        self.transaction = transaction
        self.system = system
        self.digest = digest
        self.decision = decision
        self.decisionReason = decisionReason
        self.decidedAt = decidedAt
        self.decidedBy = decidedBy
        self.counts = counts
        self.header = header
        self.keyHashes = keyHashes
        self.segment = segment
    }
}

public struct WriteCounts: Sendable, Hashable {
    public var inserted: Int
    public var updated: Int
    public var deleted: Int
    public var unchanged: Int
    public var rejected: Int

    public init(inserted: Int, updated: Int, deleted: Int, unchanged: Int, rejected: Int) {
        self.inserted = inserted
        self.updated = updated
        self.deleted = deleted
        self.unchanged = unchanged
        self.rejected = rejected
    }
}

public struct AuditRecord: Sendable, Hashable, Codable {
    public var at: Timestamp
    public var actor: String
    /// Past tense: `run_started`, `cancel_requested`, `worker_died`, …
    public var event: String
    public var run: RunID?
    public var subject: String
    public var detail: String

    public init(
        at: Timestamp,
        actor: String,
        event: String,
        run: RunID?,
        subject: String = "",
        detail: String = ""
    ) {
        self.at = at
        self.actor = actor
        self.event = event
        self.run = run
        self.subject = subject
        self.detail = detail
    }
}

public struct JobRecord: Sendable, Hashable {
    public var name: String
    public var version: Int
    public var spec: JobSpec
    public var isPaused: Bool
    public var pausedReason: String?
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        name: String,
        version: Int,
        spec: JobSpec,
        isPaused: Bool,
        pausedReason: String?,
        createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.name = name
        self.version = version
        self.spec = spec
        self.isPaused = isPaused
        self.pausedReason = pausedReason
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
