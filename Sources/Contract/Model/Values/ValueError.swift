/// A value that is none of its type, or has no equal in the type it is converted to.
public struct ValueError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The most characters of a value that an error repeats.
    public static let textMax = 40

    /// What the value should have been.
    public var type: ValueType
    /// The value in text form, shortened to `textMax` characters.
    public var text: String
    /// `out of range (-32768 to 32767)`, `"x" at character 3, a digit is expected`.
    public var reason: String

    public init(type: ValueType, text: String, reason: String) {
        self.type = type
        self.text = text.count > Self.textMax ? text.prefix(Self.textMax - 1) + "…" : text
        self.reason = reason
    }

    public var description: String {
        "\"\(text)\" is not \(type.withArticle): \(reason)"
    }
}

extension ValueType {
    /// `an int64`, `a date`, `an inet` (the system's own name of a foreign type).
    public var withArticle: String {
        var name = description
        if case .foreign(let own) = self { name = own }
        let isVowel = name.first.map { "aeio".contains($0) } ?? false
        return (isVowel ? "an " : "a ") + name
    }
}

/// Why a text is not accepted, before it is known where it came from.
struct Refusal: Error {
    var reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
