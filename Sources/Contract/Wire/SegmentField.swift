public import Model

/// A destination field in a journal segment.
public struct SegmentField: Hashable, Sendable {
    public var name: String
    /// Of the values' bytes in the segment.
    public var type: ValueType

    public init(name: String, type: ValueType) {
        self.name = name
        self.type = type
    }
}

/// Why a journalled record was rejected.
public struct SegmentRejection: Hashable, Sendable {
    /// `not_null`, `invalid_value`, `too_long`, `duplicate_key`, `constraint`.
    public var code: String
    /// Empty when it concerns the record.
    public var field: String
    public var reason: String

    public init(code: String, field: String, reason: String) {
        self.code = code
        self.field = field
        self.reason = reason
    }
}
