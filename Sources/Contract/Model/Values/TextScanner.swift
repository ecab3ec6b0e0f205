/// Reads ASCII text from the left.
struct TextScanner {
    let bytes: UnsafeRawBufferPointer
    let end: Int
    private(set) var position: Int

    /// The text without white space at its ends.
    init(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        var end = bytes.count
        while start < end, Self.isSpace(bytes[start]) { start += 1 }
        while end > start, Self.isSpace(bytes[end - 1]) { end -= 1 }
        self.bytes = bytes
        self.end = end
        position = start
    }

    /// The text as it is, white space at its ends included.
    init(whole bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        end = bytes.count
        position = 0
    }

    var isAtEnd: Bool { position >= end }

    var next: UInt8? { position < end ? bytes[position] : nil }

    var isAtDigit: Bool { next.map(Self.isDigit) ?? false }

    /// The text that is left.
    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[position..<end]) }

    mutating func advance() {
        position += 1
    }

    mutating func take(_ byte: Character) -> Bool {
        guard let next, next == byte.asciiValue else { return false }
        position += 1
        return true
    }

    /// Takes `+` or `-`; true when it was `-`.
    mutating func takeSign() -> Bool {
        if take("-") { return true }
        _ = take("+")
        return false
    }

    mutating func skipSpaces() {
        while let next, Self.isSpace(next) { position += 1 }
    }

    /// Takes the letters up to the next other character, in lower case.
    mutating func takeWord() -> String {
        let start = position
        while let next, Self.isLetter(next) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self).lowercased()
    }

    /// Takes decimal digits as a number.
    ///
    /// - Returns: the number and how many digits it had; 0 digits when there is none.
    mutating func takeNumber() throws(Refusal) -> (value: Int64, digits: Int) {
        var value: Int64 = 0
        let start = position
        while let next, Self.isDigit(next) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(next & 15))
            guard !overflow, !carry else { throw Refusal("a number in it is too large") }
            value = sum
            position += 1
        }
        return (value, position - start)
    }

    /// Takes the digits behind a decimal point as millionths, rounded.
    mutating func takeMicroseconds() throws(Refusal) -> Int64 {
        var value: Int64 = 0
        var digits = 0
        var roundsUp = false
        while let next, Self.isDigit(next) {
            if digits < 6 { value = value * 10 + Int64(next & 15) }
            if digits == 6 { roundsUp = next >= UInt8(ascii: "5") }
            digits += 1
            position += 1
        }
        guard digits > 0 else { throw unexpected(instead: "a digit") }
        while digits < 6 {
            value *= 10
            digits += 1
        }
        return value + (roundsUp ? 1 : 0)
    }

    func unexpected(instead: String) -> Refusal {
        guard let next else { return Refusal("it ends where \(instead) is expected") }
        let found = String(decoding: bytes[position..<end].prefix(4), as: UTF8.self).first.map(String.init)
        return Refusal(
            "\"\(found ?? "byte \(next)")\" at character \(position + 1), \(instead) is expected"
        )
    }

    func expectEnd() throws(Refusal) {
        guard isAtEnd else { throw unexpected(instead: "the end") }
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
    static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte & 0xDF) }

    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 97...102: byte - 87
        case 65...70: byte - 55
        default: nil
        }
    }
}
