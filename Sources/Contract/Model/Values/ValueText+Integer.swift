/// Integers and Booleans.
extension ValueText {
    static func appendBool(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) -> Bool {
        guard bytes.count == 1, bytes[0] <= 1 else { return false }
        text.append(bytes[0] == 1 ? UInt8(ascii: "t") : UInt8(ascii: "f"))
        return true
    }

    /// Any prefix of true, false, yes, no, on, off that is unambiguous; 1 and 0.
    static func parseBool(_ text: UnsafeRawBufferPointer, into bytes: inout [UInt8]) throws(Refusal) {
        let scanner = TextScanner(text)
        let word = String(decoding: scanner.rest.prefix(6), as: UTF8.self).lowercased()
        switch word {
        case "t", "tr", "tru", "true", "y", "ye", "yes", "on", "1": bytes.append(1)
        case "f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0": bytes.append(0)
        default: throw Refusal("true, false, yes, no, on, off, 1 or 0 is expected")
        }
    }

    static func appendInteger<Integer: FixedWidthInteger & SignedInteger>(
        _: Integer.Type,
        _ bytes: UnsafeRawBufferPointer,
        to text: inout [UInt8]
    ) -> Bool {
        guard bytes.count == MemoryLayout<Integer>.size else { return false }
        let value = Int64(BigEndian.load(Integer.self, from: bytes))
        if value < 0 { text.append(UInt8(ascii: "-")) }
        appendDecimal(value.magnitude, to: &text)
        return true
    }

    static func parseInteger<Integer: FixedWidthInteger & SignedInteger>(
        _: Integer.Type,
        _ text: UnsafeRawBufferPointer,
        into bytes: inout [UInt8]
    ) throws(Refusal) {
        var scanner = TextScanner(text)
        let isNegative = scanner.takeSign()
        guard scanner.isAtDigit else { throw scanner.unexpected(instead: "a digit") }
        var value: Integer = 0
        var isInRange = true
        while let next = scanner.next, TextScanner.isDigit(next) {
            let digit = Integer(next & 15)
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative
                ? product.subtractingReportingOverflow(digit)
                : product.addingReportingOverflow(digit)
            if overflow || carry { isInRange = false }
            value = sum
            scanner.advance()
        }
        try scanner.expectEnd()
        guard isInRange else { throw Refusal(outOfRange(Integer.self)) }
        BigEndian.append(value, to: &bytes)
    }

    static func outOfRange<Integer: FixedWidthInteger>(_: Integer.Type) -> String {
        "out of range (\(Integer.min) to \(Integer.max))"
    }

    /// Appends decimal digits, with zeros in front up to `width`.
    static func appendDecimal(_ value: UInt64, width: Int = 1, to text: inout [UInt8]) {
        let start = text.count
        var rest = value
        repeat {
            text.append(UInt8(48 + rest % 10))
            rest /= 10
        } while rest > 0
        while text.count - start < width { text.append(48) }
        text[start...].reverse()
    }
}
