/// What becomes of the values of a column on their way into a field of another type: the table of Protocols/types.md.
///
/// Without a cast a value arrives as the same value or its record is rejected; whatever rounds, cuts off or reads
/// something into a value has to be asked for.
public enum TypeDecision: Hashable, Sendable {
    /// The bytes pass as they are.
    case same
    /// Every value has its equal in the other type.
    case exact
    /// A value that has no equal in the other type rejects its record.
    case checked
    /// Refused unless the job asks for this cast.
    case cast(CastType)
    /// No cast leads there but the one to text, where the destination reads the text.
    case refused

    public init(from: ValueType, to: ValueType) {
        self =
            switch (from, to) {
            case _ where from == to: .same
            case (.foreign(let own), .foreign(let other)): Self.isSameName(own, other) ? .checked : .cast(.text)
            case (.foreign, .text): .exact
            case (.text, .foreign): .checked
            case (.foreign, _), (_, .foreign), (.bytes, .text): .cast(.text)
            case (_, .text): .exact
            case (.text, _): .checked
            default: Self.numeric(from, to) ?? Self.temporal(from, to) ?? Self.json(from, to) ?? .refused
            }
    }

    /// Whether values pass without a cast.
    public var passes: Bool {
        switch self {
        case .same, .exact, .checked: true
        case .cast, .refused: false
        }
    }

    private static func numeric(_ from: ValueType, _ to: ValueType) -> TypeDecision? {
        switch (from, to) {
        case (.bool, .int16), (.bool, .int32), (.bool, .int64),
            (.int16, .int32), (.int16, .int64), (.int32, .int64),
            (.int16, .float32), (.int16, .float64), (.int32, .float64),
            (.int16, .numeric), (.int32, .numeric), (.int64, .numeric),
            (.float32, .float64), (.float32, .numeric), (.float64, .numeric):
            .exact
        case (.int16, .bool), (.int32, .bool), (.int64, .bool),
            (.int32, .int16), (.int64, .int16), (.int64, .int32),
            (.int32, .float32), (.int64, .float32), (.int64, .float64),
            (.float32, .int16), (.float32, .int32), (.float32, .int64),
            (.float64, .int16), (.float64, .int32), (.float64, .int64),
            (.numeric, .int16), (.numeric, .int32), (.numeric, .int64):
            .checked
        case (.float64, .float32), (.numeric, .float32), (.numeric, .float64): .cast(.number)
        case (.bool, .float32), (.bool, .float64), (.bool, .numeric),
            (.float32, .bool), (.float64, .bool), (.numeric, .bool):
            .cast(.integer)
        default: nil
        }
    }

    private static func temporal(_ from: ValueType, _ to: ValueType) -> TypeDecision? {
        switch (from, to) {
        case (.date, .timestamp), (.timestamp, .date): .checked
        case (.date, .timestampWithZone), (.timestamp, .timestampWithZone), (.timestampWithZone, .timestamp):
            .cast(.timestamp)
        case (.timestampWithZone, .date): .cast(.date)
        default: nil
        }
    }

    private static func json(_ from: ValueType, _ to: ValueType) -> TypeDecision? {
        switch (from, to) {
        case (.jsonBinary, .json): .exact
        case (.json, .jsonBinary): .checked
        default: nil
        }
    }

    /// Whether the names differ in schema and modifier only: `src.mood` and `dst.mood`, `bit(3)` and `bit(4)`.
    private static func isSameName(_ own: String, _ other: String) -> Bool {
        plain(own) == plain(other)
    }

    private static func plain(_ name: String) -> String {
        var result = ""
        var isQuoted = false
        var depth = 0
        for character in name {
            switch character {
            case "\"": isQuoted.toggle()
            case "(" where !isQuoted: depth += 1
            case ")" where !isQuoted: depth -= 1
            case "." where !isQuoted && depth == 0: result = ""
            case _ where depth == 0: result.append(character)
            default: break
            }
        }
        return result
    }
}

extension CastType {
    /// The type that a cast leads to on the way to a field of `type`.
    public func valueType(towards type: ValueType) -> ValueType {
        switch (self, type) {
        case (.integer, .int16), (.integer, .int32), (.number, .float32), (.number, .float64),
            (.timestamp, .timestampWithZone), (.json, .jsonBinary):
            type
        case (.integer, _): .int64
        case (.number, _): .numeric
        case (.text, _): .text
        case (.boolean, _): .bool
        case (.date, _): .date
        case (.timestamp, _): .timestamp
        case (.json, _): .json
        }
    }
}
