public import Model

/// What follows from an event: first stored in one transaction, then sent.
public struct Steps: Sendable {
    public var changes: [StoreChange] = []
    public var directives: [RunDirective] = []

    public init() {}
}

/// What the shell does for a run after its changes are durable.
public enum RunDirective: Sendable, Equatable {
    /// So many worker processes, over those it has, are wanted.
    case wantWorkers(Int)
    case openRun(Incarnation, snapshot: String)
    case planStream(Incarnation, stream: Int, kind: BatchKind, recordsPerBatch: Int, range: KeyRange)
    case assign(Incarnation, Assignment)
    case answer(Incarnation, PermitAnswer)
    case acknowledge(Incarnation, attempt: AttemptID, write: WriteID)
    case killWorkers([Incarnation], reason: String)
    case retireWorker(Incarnation, reason: String)
    case broadcastDrain
    case broadcastTerminate
    case closeGate([FencedAttemptFacts])
    case reconcile([FencedAttemptFacts])
    /// What the run made for itself at the destination is of no more use.
    case discard
    case runEnded
}

public struct Assignment: Sendable, Equatable {
    public var kind: BatchKind
    public var batch: BatchID
    public var attempt: AttemptID
    public var number: Int
    public var streamIndex: Int
    public var range: KeyRange
    public var records: Int
}

/// What reconciliation found out about one write.
public struct FoundEnding: Sendable, Equatable {
    public var ending: WriteEnding
    public var detail: String
    /// When it was committed, by the destination's clock; nil: not known.
    public var at: Timestamp?

    public init(ending: WriteEnding, detail: String, at: Timestamp? = nil) {
        self.ending = ending
        self.detail = detail
        self.at = at
    }
}

public struct PermitAnswer: Sendable, Equatable {
    public var attempt: AttemptID
    public var write: WriteID
    public var transaction: String
    public var decision: PermitDecision
    public var reason: String

    public init(
        attempt: AttemptID,
        write: WriteID,
        transaction: String,
        decision: PermitDecision,
        reason: String
    ) {
        self.attempt = attempt
        self.write = write
        self.transaction = transaction
        self.decision = decision
        self.reason = reason
    }
}

/// An attempt to be fenced, with its writes that were permitted and have no outcome.
public struct FencedAttemptFacts: Sendable, Equatable {
    public var attempt: AttemptID
    public var writes: [WriteFacts]

    public struct WriteFacts: Sendable, Equatable {
        public var write: WriteID
        public var transaction: String
        public var system: String
    }
}

/// What a worker found to be deleted of a mirrored table.
public struct DeleteFacts: Sendable, Equatable {
    public var rows: Int
    public var owned: Int
    /// Records of the run without a readable key.
    public var keyless: Int

    public init(rows: Int, owned: Int, keyless: Int) {
        self.rows = rows
        self.owned = owned
        self.keyless = keyless
    }
}

/// An intent as the machine sees it; the rest of it goes to the journal unread.
public struct IntentFacts: Sendable {
    public var batch: BatchID
    public var attempt: AttemptID
    public var write: WriteID
    public var transaction: String
    public var system: String
    public var digest: [UInt8]
    public var counts: WriteCounts
    /// `Wire_SegmentHeader`, serialized.
    public var header: [UInt8]
    public var keyHashes: [UInt8]
    public var segment: [UInt8]

    public init(
        batch: BatchID,
        attempt: AttemptID,
        write: WriteID,
        transaction: String,
        system: String,
        digest: [UInt8],
        counts: WriteCounts,
        header: [UInt8],
        keyHashes: [UInt8],
        segment: [UInt8]
    ) {
        self.batch = batch
        self.attempt = attempt
        self.write = write
        self.transaction = transaction
        self.system = system
        self.digest = digest
        self.counts = counts
        self.header = header
        self.keyHashes = keyHashes
        self.segment = segment
    }
}

/// What a worker says became of a write.
public struct OutcomeFacts: Sendable {
    public enum Ending: Sendable {
        case committed(at: Timestamp)
        case rolledBack
        case unsure
    }

    public var attempt: AttemptID
    public var write: WriteID
    public var ending: Ending
    public var reason: String
    /// A new intent of the same attempt follows.
    public var again: Bool

    public init(attempt: AttemptID, write: WriteID, ending: Ending, reason: String, again: Bool) {
        self.attempt = attempt
        self.write = write
        self.ending = ending
        self.reason = reason
        self.again = again
    }
}
