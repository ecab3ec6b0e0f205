/// The conversion of canonical values of one type to another, chosen once and applied to many.
///
/// It keeps the value or refuses it, and never wraps around:
///
/// | from | to | |
/// | --- | --- | --- |
/// | any | text, foreign | its text form, `true` and `false` for a Boolean |
/// | text, foreign | any | what `ValueText.parse` accepts |
/// | integer | integer, numeric, float | in range; a float that is exactly the number |
/// | numeric, float | integer | a whole number in range |
/// | numeric, float64 | float64, float32 | the nearest one in range |
/// | float | numeric | its shortest decimal form |
/// | bool | integer | 0 and 1, and back |
/// | date | timestamp, timestamptz | midnight (UTC) |
/// | timestamp, timestamptz | each other; date | zones are UTC; a date from midnight only |
/// | json | jsonb | and back |
///
/// With `mayLose`, as in a cast that somebody asked for, it does as PostgreSQL's cast: numbers with a fraction are rounded
/// (floats half to even, numerics half away from zero), a time of day is cut off, integers become the nearest float, and
/// every integer but 0 is true. Everything else is refused: `init` returns nil.
public struct ValueCast: Sendable {
    typealias Convert = @Sendable (UnsafeRawBufferPointer, inout [UInt8]) throws(Refusal) -> Void

    public let from: ValueType
    public let to: ValueType
    /// nil: the bytes stay as they are.
    private let convert: Convert?

    /// nil when values of the one type are never values of the other.
    public init?(from: ValueType, to: ValueType, mayLose: Bool = false) {
        self.from = from
        self.to = to
        guard !Self.areSame(from, to) else {
            convert = nil
            return
        }
        let found =
            Self.textual(from, to) ?? Self.numeric(from, to, mayLose: mayLose)
            ?? Self.temporal(from, to, mayLose: mayLose)
        guard let found else { return nil }
        convert = found
    }

    /// The bytes of a value stay as they are, so that they can be shared.
    public var keepsBytes: Bool { convert == nil }

    /// Appends the converted value.
    ///
    /// - Throws: `ValueError`, with nothing appended, when the value has no equal in the other type.
    public func apply(
        _ value: UnsafeRawBufferPointer,
        to bytes: inout [UInt8]
    ) throws(ValueError) {
        guard let convert else { return bytes.append(contentsOf: value) }
        let mark = bytes.count
        do throws(Refusal) {
            try convert(value, &bytes)
        } catch {
            bytes.removeLast(bytes.count - mark)
            throw ValueError(type: to, text: Self.shownText(of: value, from), reason: error.reason)
        }
    }

    private static func shownText(of value: UnsafeRawBufferPointer, _ type: ValueType) -> String {
        switch type {
        case .text, .json, .jsonBinary, .foreign: ValueText.shortened(value)
        case .bytes: ValueText.render(UnsafeRawBufferPointer(rebasing: value.prefix(64)), as: type)
        default: ValueText.render(value, as: type)
        }
    }

    private static func areSame(_ from: ValueType, _ to: ValueType) -> Bool {
        switch (from, to) {
        case (.text, .foreign), (.json, .foreign), (.foreign, .foreign), (.foreign, .text),
            (.json, .text), (.timestamp, .timestampWithZone), (.timestampWithZone, .timestamp):
            true
        default: from == to
        }
    }

    /// To and from text, and between the two forms of JSON.
    private static func textual(_ from: ValueType, _ to: ValueType) -> Convert? {
        switch (from, to) {
        case (.bool, .text), (.bool, .foreign):
            { value, bytes throws(Refusal) in
                bytes.append(contentsOf: (try bool(value) ? "true" : "false").utf8)
            }
        case (_, .text), (_, .foreign), (.jsonBinary, .json):
            { value, bytes throws(Refusal) in
                guard ValueText.append(value, as: from, to: &bytes) else { throw malformed(value, from) }
            }
        case (.text, _), (.foreign, _), (.json, .jsonBinary):
            { value, bytes throws(Refusal) in try ValueText.parseUnnamed(value, as: to, into: &bytes) }
        default: nil
        }
    }

    static func malformed(_ value: UnsafeRawBufferPointer, _ type: ValueType) -> Refusal {
        Refusal("\(value.count) bytes that are not \(type.withArticle)")
    }

    static func bool(_ value: UnsafeRawBufferPointer) throws(Refusal) -> Bool {
        guard value.count == 1, value[0] <= 1 else { throw malformed(value, .bool) }
        return value[0] == 1
    }
}
