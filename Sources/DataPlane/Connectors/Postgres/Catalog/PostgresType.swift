import Model

/// A type of PostgreSQL: how its values travel.
///
/// Types with a `ValueType` of their own travel in binary form and are never decoded; every other one (arrays, enums,
/// `inet`, `timetz`, composites) is selected as text and cast back at the destination. A domain travels as the type below
/// it; its constraints are asked when a value is stored.
struct PostgresType: Sendable, Hashable {
    /// Of the type below all domains.
    let oid: UInt32
    /// The type modifier as `pg_attribute` has it; -1: none.
    let modifier: Int32
    /// `format_type` of the column: qualified and quoted where needed, a domain by its own name.
    let name: String
    /// `format_type(oid, modifier)`: what a staged value is kept in.
    let carrier: String
    /// `format_type(oid, -1)`, for casts of keys and parameters, and where an explicit cast to `carrier` would cut.
    let baseName: String
    let isDomain: Bool

    var value: ValueType { Self.values[oid] ?? .foreign(carrier) }

    /// Whether a value of this type travels as text.
    var isForeign: Bool { Self.values[oid] == nil }

    /// Most characters; nil: no limit.
    var lengthMax: Int? {
        switch oid {
        case Self.varchar, Self.bpchar: modifier >= 4 ? Int(modifier) - 4 : nil
        // Longer text would be cut off by an assignment, without a word.
        case Self.name: Self.nameBytes
        default: nil
        }
    }

    /// What text is cast to on its way into a column. An explicit cast cuts text and bits to their length without a word; an
    /// assignment to the column refuses them.
    var assigned: String { Self.cuttable.contains(oid) ? baseName : carrier }

    static let name: UInt32 = 19
    static let text: UInt32 = 25
    static let bpchar: UInt32 = 1042
    static let varchar: UInt32 = 1043
    static let numeric: UInt32 = 1700

    static let time: UInt32 = 1083
    static let timestamp: UInt32 = 1114
    static let timestampWithZone: UInt32 = 1184
    static let interval: UInt32 = 1186

    private static let nameBytes = 63

    /// `bit`, `varbit` and the arrays of them and of `char(n)` and `varchar(n)`.
    private static let cuttable: Set<UInt32> = [1014, 1015, 1560, 1561, 1562, 1563]

    private static let values: [UInt32: ValueType] = [
        16: .bool, 17: .bytes, 20: .int64, 21: .int16, 23: .int32, 25: .text, 114: .json,
        700: .float32, 701: .float64, 1042: .text, 1043: .text, 1082: .date, 1083: .time,
        1114: .timestamp, 1184: .timestampWithZone, 1186: .interval, 1700: .numeric, 2950: .uuid,
        3802: .jsonBinary,
    ]
}
