/// What a job does: the content of one immutable job version.
public struct JobSpec: Hashable, Sendable, Codable {
    public var name: String
    public var source: String
    public var destination: String
    /// Worker processes of a run; nil: as many as the coordinator has slots.
    public var workers: Int?
    public var batch: BatchLimits
    /// Records per second over all workers; nil: unlimited.
    public var rateLimit: Double?
    /// Of a graceful cancel.
    public var deadline: Duration
    public var onDeadline: DeadlineAction
    /// One stream after another, in the order of `streams` (parents before children).
    public var isOrdered: Bool
    public var streams: [StreamSpec]

    public init(
        name: String,
        source: String,
        destination: String,
        workers: Int? = nil,
        batch: BatchLimits = BatchLimits(),
        rateLimit: Double? = nil,
        deadline: Duration = .seconds(60),
        onDeadline: DeadlineAction = .force,
        isOrdered: Bool = false,
        streams: [StreamSpec]
    ) {
        self.name = name
        self.source = source
        self.destination = destination
        self.workers = workers
        self.batch = batch
        self.rateLimit = rateLimit
        self.deadline = deadline
        self.onDeadline = onDeadline
        self.isOrdered = isOrdered
        self.streams = streams
    }
}

/// The bounds of a batch; a batch is also at most 2 s of work at the job's rate limit.
public struct BatchLimits: Hashable, Sendable, Codable {
    public static let recordsMax = 5_000
    public static let bytesMax = 8 << 20

    public var records: Int
    public var bytes: Int

    public init(records: Int = recordsMax, bytes: Int = bytesMax) {
        self.records = records
        self.bytes = bytes
    }
}

/// What happens when a graceful cancel has not ended by its deadline.
public enum DeadlineAction: String, Hashable, Sendable, Codable, CaseIterable {
    case force
    case ask
}

public enum SyncMode: String, Hashable, Sendable, Codable, CaseIterable {
    case fullRefresh = "full_refresh"
}

public enum WriteMode: String, Hashable, Sendable, Codable, CaseIterable {
    /// By key; unchanged records are not written.
    case upsert
    /// Every record is a new one.
    case append
    /// Into a new table, which takes the place of the old one at the end: all records at once, or none.
    case replace
    /// As `upsert`; rows that the stream has written and the source has no longer are deleted.
    case mirror
}

extension WriteMode {
    /// What is there is found by its key.
    public var isByKey: Bool { self == .upsert || self == .mirror }
}

/// One stream of a job: what is read, how it is mapped, where it is written.
public struct StreamSpec: Hashable, Sendable, Codable {
    public static let defaultMaxDeletes = 0.01

    /// At the source: `schema.table` or `table`.
    public var stream: String
    public var destination: String
    public var syncMode: SyncMode
    public var writeMode: WriteMode
    /// Of `mirror`: the largest share of the rows that the stream has written which a run may delete without being held;
    /// nil: `defaultMaxDeletes`.
    public var maxDeletes: Double?
    /// Destination fields that identify a record. At least one for `upsert`; in `append` what the journal calls a record by,
    /// empty: the source's key where it passes.
    public var key: [String]
    /// Condition over source columns in the filter language (`Filter`); nil: every record.
    public var filter: String?
    /// In the order of the configuration.
    public var map: [FieldMapping]
    /// Source columns that do not pass. Columns neither mapped (used by any mapping) nor dropped pass by name.
    public var drop: [String]

    public init(
        stream: String,
        destination: String,
        syncMode: SyncMode = .fullRefresh,
        writeMode: WriteMode = .upsert,
        maxDeletes: Double? = nil,
        key: [String],
        filter: String? = nil,
        map: [FieldMapping] = [],
        drop: [String] = []
    ) {
        self.stream = stream
        self.destination = destination
        self.syncMode = syncMode
        self.writeMode = writeMode
        self.maxDeletes = maxDeletes
        self.key = key
        self.filter = filter
        self.map = map
        self.drop = drop
    }
}

/// How one destination field comes to be. The transforms apply in the order trim, case, default (NULL becomes it), cast.
public struct FieldMapping: Hashable, Sendable, Codable {
    public var field: String
    public var origin: Origin
    public var trim: Bool
    public var letterCase: LetterCase?
    /// Replaces NULL (a template with a NULL column is NULL).
    public var fallback: Constant?
    public var cast: CastType?

    public enum Origin: Hashable, Sendable, Codable {
        /// A source column.
        case column(String)
        /// Text with `{column}` in it; `{{` and `}}` stand for braces.
        case template(String)
        case constant(Constant)
    }

    public init(
        field: String,
        origin: Origin,
        trim: Bool = false,
        letterCase: LetterCase? = nil,
        fallback: Constant? = nil,
        cast: CastType? = nil
    ) {
        self.field = field
        self.origin = origin
        self.trim = trim
        self.letterCase = letterCase
        self.fallback = fallback
        self.cast = cast
    }
}

public enum LetterCase: String, Hashable, Sendable, Codable, CaseIterable {
    case lower
    case upper
}

public enum Constant: Hashable, Sendable, Codable {
    case null
    case bool(Bool)
    case integer(Int64)
    case real(Double)
    case text(String)
}

public enum CastType: String, Hashable, Sendable, Codable, CaseIterable {
    case integer
    case number
    case text
    case boolean
    case date
    case timestamp
    case json
}
