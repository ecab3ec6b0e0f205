import Model

/// A type of PostgreSQL: how its values travel.
///
/// Types with a `ValueType` of their own travel in binary form and are never decoded; every other one (arrays, enums,
/// domains, `inet`, `timetz`, composites) is selected as text and cast back at the destination.
struct PostgresType: Sendable, Hashable {
    let oid: UInt32
    /// The type modifier as `pg_attribute` has it; -1: none.
    let modifier: Int32
    /// `format_type(oid, modifier)`: qualified and quoted where needed.
    let name: String

    var value: ValueType { Self.values[oid] ?? .foreign(name) }

    /// Whether a value of this type travels as text.
    var isForeign: Bool { Self.values[oid] == nil }

    /// Most characters; nil: no limit.
    var lengthMax: Int? {
        guard oid == Self.varchar || oid == Self.bpchar, modifier >= 4 else { return nil }
        return Int(modifier) - 4
    }

    /// The type without its modifier, for casts of keys and parameters.
    var baseName: String { Self.baseNames[oid] ?? name }

    static let text: UInt32 = 25
    static let bpchar: UInt32 = 1042
    static let varchar: UInt32 = 1043
    static let numeric: UInt32 = 1700

    static let time: UInt32 = 1083
    static let timestamp: UInt32 = 1114
    static let timestampWithZone: UInt32 = 1184
    static let interval: UInt32 = 1186

    private static let baseNames: [UInt32: String] = [
        1042: "bpchar", 1043: "varchar", 1083: "time", 1114: "timestamp", 1184: "timestamptz",
        1186: "interval", 1700: "numeric",
    ]

    private static let values: [UInt32: ValueType] = [
        16: .bool, 17: .bytes, 20: .int64, 21: .int16, 23: .int32, 25: .text, 114: .json,
        700: .float32, 701: .float64, 1042: .text, 1043: .text, 1082: .date, 1083: .time,
        1114: .timestamp, 1184: .timestampWithZone, 1186: .interval, 1700: .numeric, 2950: .uuid,
        3802: .jsonBinary,
    ]
}
