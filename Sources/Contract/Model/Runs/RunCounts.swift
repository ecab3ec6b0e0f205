/// Records of a run by what is known of them. `attempted` is the sum of the six verdicts that an ended run can have.
public struct RunCounts: Hashable, Sendable, Codable {
    /// Records planned so far; exact once planning is complete.
    public var planned = 0
    public var applied = 0
    public var unchanged = 0
    public var rejected = 0
    public var notApplied = 0
    public var conflicted = 0
    public var unknowable = 0
    /// Workers died of them: no verdict of a write, and none is going to be attempted in this run.
    public var quarantined = 0
    /// In the new tables of `replace` streams, which are not in their places yet.
    public var staged = 0
    /// Permitted and without an outcome: at most one write per worker.
    public var indeterminate = 0
    public var inserted = 0
    public var updated = 0
    public var deleted = 0
    public var batchesPlanned = 0
    public var batchesDone = 0
    public var batchesWithheld = 0
    public var batchesQuarantined = 0
    public var writes = 0

    public init() {}

    public var attempted: Int {
        applied + unchanged + rejected + notApplied + conflicted + unknowable
    }

    public var notAttempted: Int { max(0, planned - attempted - quarantined - staged - indeterminate) }

    public static func += (left: inout RunCounts, right: RunCounts) {
        for field in fields { left[keyPath: field.path] += right[keyPath: field.path] }
    }
}

/// All counts under their names, and `notAttempted`, which is not read: it follows from the others.
extension RunCounts {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private static var fields: [(name: String, path: WritableKeyPath<RunCounts, Int>)] {
        [
            ("planned", \.planned), ("applied", \.applied), ("unchanged", \.unchanged), ("rejected", \.rejected),
            ("notApplied", \.notApplied), ("conflicted", \.conflicted), ("unknowable", \.unknowable),
            ("quarantined", \.quarantined), ("staged", \.staged), ("indeterminate", \.indeterminate),
            ("inserted", \.inserted), ("updated", \.updated), ("deleted", \.deleted),
            ("batchesPlanned", \.batchesPlanned), ("batchesDone", \.batchesDone),
            ("batchesWithheld", \.batchesWithheld), ("batchesQuarantined", \.batchesQuarantined),
            ("writes", \.writes),
        ]
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for field in Self.fields {
            self[keyPath: field.path] = try container.decode(Int.self, forKey: Key(stringValue: field.name))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for field in Self.fields {
            try container.encode(self[keyPath: field.path], forKey: Key(stringValue: field.name))
        }
        try container.encode(notAttempted, forKey: Key(stringValue: "notAttempted"))
    }
}
