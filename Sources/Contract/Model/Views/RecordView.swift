/// What to list of a run's journal. Every condition that is given must hold.
public struct RecordQuery: Sendable, Hashable, Codable {
    public var run: RunID
    public var verdicts: [Verdict]
    public var operations: [RecordOperation]
    /// Destination fields of which at least one changes.
    public var fields: [String]
    /// The text form of the key; several key fields joined by `,`.
    public var key: String?
    /// By its name at the source or at the destination.
    public var stream: String?
    public var limit: Int
    /// Where the page before ended; nil: from the first record.
    public var cursor: String?

    public static let limitMax = 10_000

    public init(
        run: RunID,
        verdicts: [Verdict] = [],
        operations: [RecordOperation] = [],
        fields: [String] = [],
        key: String? = nil,
        stream: String? = nil,
        limit: Int = 100,
        cursor: String? = nil
    ) {
        self.run = run
        self.verdicts = verdicts
        self.operations = operations
        self.fields = fields
        self.key = key
        self.stream = stream
        self.limit = limit
        self.cursor = cursor
    }
}

public struct RecordPage: Sendable, Hashable, Codable {
    public var records: [RecordView]
    /// nil: that was all.
    public var cursor: String?

    public init(records: [RecordView], cursor: String?) {
        self.records = records
        self.cursor = cursor
    }
}

/// One journalled record of a run.
public struct RecordView: Sendable, Hashable, Codable {
    public var stream: String
    public var target: String
    /// Text form; several key fields joined by `,`.
    public var key: String
    public var operation: RecordOperation
    public var verdict: Verdict
    /// Changed fields only.
    public var changes: [FieldChange]
    /// Of a rejected record.
    public var rejectionCode: String?
    public var rejectionField: String?
    public var rejectionReason: String?
    public var batch: BatchID
    /// nil: no write of it was decided.
    public var write: WriteID?
    /// When the write ended; nil while it is indeterminate.
    public var at: Timestamp?

    public init(
        stream: String,
        target: String,
        key: String,
        operation: RecordOperation,
        verdict: Verdict,
        changes: [FieldChange],
        rejectionCode: String? = nil,
        rejectionField: String? = nil,
        rejectionReason: String? = nil,
        batch: BatchID,
        write: WriteID?,
        at: Timestamp?
    ) {
        self.stream = stream
        self.target = target
        self.key = key
        self.operation = operation
        self.verdict = verdict
        self.changes = changes
        self.rejectionCode = rejectionCode
        self.rejectionField = rejectionField
        self.rejectionReason = rejectionReason
        self.batch = batch
        self.write = write
        self.at = at
    }
}

/// Values in text form; nil is NULL (or: no such record before an insert, after a delete).
public struct FieldChange: Sendable, Hashable, Codable {
    public var field: String
    public var before: String?
    public var after: String?

    public init(field: String, before: String?, after: String?) {
        self.field = field
        self.before = before
        self.after = after
    }

    /// NULL is written, not left out.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(field, forKey: .field)
        try container.encode(before, forKey: .before)
        try container.encode(after, forKey: .after)
    }
}
