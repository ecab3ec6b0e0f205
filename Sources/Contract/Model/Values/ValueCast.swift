/// The conversion of canonical values of one type to another, chosen once and applied to many.
///
/// Without `mayLose` it keeps the value or refuses it, for the pairs of types that `TypeDecision` lets pass: any type as
/// text, text as what `ValueText.parse` accepts, integers and numerics in range, floats that are exactly the number.
///
/// With `mayLose`, as in a cast that somebody asked for, it does as PostgreSQL's cast: numbers with a fraction are rounded
/// (floats half to even, numerics half away from zero), the nearest float is taken, a time of day is cut off, a time
/// without zone is one of UTC, and every integer but 0 is true. Types that have nothing in common are refused: `init`
/// returns nil.
public struct ValueCast: Sendable {
    typealias Convert = @Sendable (UnsafeRawBufferPointer, inout [UInt8]) throws(Refusal) -> Void

    public let from: ValueType
    public let to: ValueType
    /// nil: the bytes stay as they are.
    private let convert: Convert?

    /// nil when values of the one type are never values of the other, or only by a cast that was not asked for.
    public init?(from: ValueType, to: ValueType, mayLose: Bool = false) {
        guard mayLose || TypeDecision(from: from, to: to).passes else { return nil }
        self.from = from
        self.to = to
        guard !Self.areSame(from, to) else {
            convert = nil
            return
        }
        let found =
            Self.textual(from, to, mayLose: mayLose) ?? Self.numeric(from, to, mayLose: mayLose)
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
    private static func textual(_ from: ValueType, _ to: ValueType, mayLose: Bool) -> Convert? {
        switch (from, to) {
        case (.bool, .text), (.bool, .foreign):
            { value, bytes throws(Refusal) in
                bytes.append(contentsOf: (try bool(value) ? "true" : "false").utf8)
            }
        case (_, .text), (_, .foreign), (.jsonBinary, .json):
            { value, bytes throws(Refusal) in
                guard ValueText.append(value, as: from, to: &bytes) else { throw malformed(value, from) }
            }
        case (.text, .date), (.foreign, .date):
            { value, bytes throws(Refusal) in try ValueText.parseDate(value, mayCut: mayLose, into: &bytes) }
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
