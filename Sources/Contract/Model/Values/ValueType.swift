/// What a field's bytes mean. A field travels as bytes in the *canonical encoding* of its type, which is PostgreSQL's
/// binary wire format, so that a record between two PostgreSQL databases is never decoded.
///
/// Source: PostgreSQL 15, `src/backend/utils/adt/*.c`, the `…send` functions.
public enum ValueType: Hashable, Sendable {
    /// 1 byte, 0 or 1.
    case bool
    /// 2 bytes, big-endian, two's complement.
    case int16
    /// 4 bytes, big-endian, two's complement.
    case int32
    /// 8 bytes, big-endian, two's complement.
    case int64
    /// 4 bytes, IEEE 754 big-endian.
    case float32
    /// 8 bytes, IEEE 754 big-endian.
    case float64
    /// PostgreSQL `numeric_send`: ndigits, weight, sign, dscale (int16 each), then base-10000 digits.
    case numeric
    /// UTF-8.
    case text
    /// As they are.
    case bytes
    /// int32 days since 2000-01-01; Int32.max and .min are infinity and -infinity.
    case date
    /// int64 µs since midnight.
    case time
    /// int64 µs since 2000-01-01 00:00 without zone; Int64.max and .min are infinity and -infinity.
    case timestamp
    /// int64 µs since 2000-01-01 00:00 UTC.
    case timestampWithZone
    /// int64 µs, int32 days, int32 months.
    case interval
    /// 16 bytes.
    case uuid
    /// UTF-8 JSON text.
    case json
    /// Version byte 1, then UTF-8 JSON text.
    case jsonBinary
    /// UTF-8 text form of a type that only its own system knows (`inet`, `integer[]`, an enum, a domain).
    case foreign(String)
}

extension ValueType: CustomStringConvertible, Codable, LosslessStringConvertible {
    private static let names: [(ValueType, String)] = [
        (.bool, "bool"), (.int16, "int16"), (.int32, "int32"), (.int64, "int64"),
        (.float32, "float32"), (.float64, "float64"), (.numeric, "numeric"), (.text, "text"),
        (.bytes, "bytes"), (.date, "date"), (.time, "time"), (.timestamp, "timestamp"),
        (.timestampWithZone, "timestamptz"), (.interval, "interval"), (.uuid, "uuid"),
        (.json, "json"), (.jsonBinary, "jsonb"),
    ]

    public var description: String {
        if case .foreign(let name) = self { return "foreign:\(name)" }
        return Self.names.first { $0.0 == self }?.1 ?? "text"
    }

    public init?(_ description: String) {
        if description.hasPrefix("foreign:") {
            self = .foreign(String(description.dropFirst("foreign:".count)))
            return
        }
        guard let found = Self.names.first(where: { $0.1 == description }) else { return nil }
        self = found.0
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = ValueType(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(text) is not a value type")
            )
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
