public import Model

/// A table, collection or file as its system describes it. Codable: `sluice discover` prints it.
public struct StreamDescription: Sendable, Codable, Hashable {
    /// As a job names it: `schema.table`, `table`.
    public var name: String
    public var columns: [ColumnDescription]
    /// Primary key columns in order; empty where there is none.
    public var primaryKey: [String]
    /// Other sets of columns that identify a record.
    public var uniqueKeys: [[String]]
    /// Estimate of the catalog; nil: unknown.
    public var estimatedRecords: Int64?
    /// Average bytes of a record, estimate; nil: unknown.
    public var averageRecordBytes: Int64?
    /// Its records have no order but their place in a file: a scan of it has an empty key.
    public var isPositional: Bool
    /// A scan of it may have an empty key: its records are then read by their places, which mean something in one view of the
    /// data only.
    public var hasPlaces: Bool

    public init(
        name: String,
        columns: [ColumnDescription],
        primaryKey: [String],
        uniqueKeys: [[String]] = [],
        estimatedRecords: Int64? = nil,
        averageRecordBytes: Int64? = nil,
        isPositional: Bool = false,
        hasPlaces: Bool = false
    ) {
        self.name = name
        self.columns = columns
        self.primaryKey = primaryKey
        self.uniqueKeys = uniqueKeys
        self.estimatedRecords = estimatedRecords
        self.averageRecordBytes = averageRecordBytes
        self.isPositional = isPositional
        self.hasPlaces = hasPlaces
    }
}

public struct ColumnDescription: Sendable, Codable, Hashable {
    public var name: String
    public var type: ValueType
    /// The system's own name of the type: `character varying(20)`, `INTEGER`.
    public var nativeType: String
    public var isNullable: Bool
    public var hasDefault: Bool
    /// Not to be written: generated or identity-always.
    public var isGenerated: Bool

    public init(
        name: String,
        type: ValueType,
        nativeType: String,
        isNullable: Bool = true,
        hasDefault: Bool = false,
        isGenerated: Bool = false
    ) {
        self.name = name
        self.type = type
        self.nativeType = nativeType
        self.isNullable = isNullable
        self.hasDefault = hasDefault
        self.isGenerated = isGenerated
    }
}
