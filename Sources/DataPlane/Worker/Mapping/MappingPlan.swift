public import Connectors
public import Model

/// What a stream's mapping reads and writes, before the destination has resolved its table.
public struct MappingPlan: Sendable {
    /// As the job names it, for errors.
    public var stream: String
    /// The source columns that are needed, in the order `Mapping.apply` wants them; the source columns that make up the key;
    /// the stream's filter, parsed.
    public var scan: Scan
    /// The destination's table.
    public var table: String
    /// Destination fields in the order of every mapped batch: hand them to `Destination.resolve`.
    public var fields: [String]
    /// Indexes into `fields`, in the order of `StreamSpec.key`.
    public var keyFields: [Int]
    /// Records of different batches may have the same key: the destination has to keep account of them.
    public var isKeyRepeatable: Bool
    /// The records come in the order of their key.
    var isScannedByKey: Bool
    public var writeMode: WriteMode
    /// Types of `scan.columns`.
    var columnTypes: [ValueType]
    /// One per field.
    var origins: [FieldOrigin]
    /// What a person should know before a run of it.
    var warnings: [String] = []

    /// The names of the key fields, in the order of `keyFields`.
    public var key: [String] { keyFields.map { fields[$0] } }
}

/// Records in the destination's fields and types.
public struct MappedBatch: Sendable {
    /// As many rows as were handed in; a rejected one is NULL where a value could not be made. In the same order, or in
    /// the order of the key where the source has them in the order of their places.
    public var rows: RowBatch
    /// Why the rows (by index) are not to be written: `not_null`, `invalid_value`, `too_long`, `duplicate_key`,
    /// and what the source found.
    public var rejections: [Int: Rejection]
    /// Where each row begins in the source's file; empty where there is none.
    public var lines: [Int] = []
}

/// Where a field's value comes from.
enum FieldOrigin: Sendable {
    /// A column of the scan, as it is.
    case passing(Int)
    case mapped(FieldMapping)
}
