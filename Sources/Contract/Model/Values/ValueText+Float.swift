/// Floating-point numbers in the shortest form that reads back to the same value.
extension ValueText {
    static func appendFloat32(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) -> Bool {
        guard bytes.count == 4 else { return false }
        appendFloat(Float(bitPattern: BigEndian.load(from: bytes)), fixedBelow: 6, to: &text)
        return true
    }

    static func appendFloat64(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) -> Bool {
        guard bytes.count == 8 else { return false }
        appendFloat(Double(bitPattern: BigEndian.load(from: bytes)), fixedBelow: 15, to: &text)
        return true
    }

    /// - Parameter fixedBelow: powers of ten from which on PostgreSQL writes an exponent.
    static func appendFloat(
        _ value: some BinaryFloatingPoint & CustomStringConvertible,
        fixedBelow: Int,
        to text: inout [UInt8]
    ) {
        guard !value.isNaN else { return text.append(contentsOf: "NaN".utf8) }
        if value.sign == .minus { text.append(UInt8(ascii: "-")) }
        guard value.isFinite else { return text.append(contentsOf: "Infinity".utf8) }
        guard value != 0 else { return text.append(UInt8(ascii: "0")) }
        let decimal = ShortestDecimal(value.magnitude)
        var digits: [UInt8] = []
        appendDecimal(decimal.digits, to: &digits)
        let leading = decimal.exponent + digits.count - 1
        if leading < -4 || leading >= fixedBelow {
            text.append(digits[0])
            if digits.count > 1 {
                text.append(UInt8(ascii: "."))
                text.append(contentsOf: digits[1...])
            }
            text.append(UInt8(ascii: "e"))
            text.append(leading < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
            appendDecimal(UInt64(leading.magnitude), width: 2, to: &text)
        } else if leading < 0 {
            text.append(contentsOf: "0.".utf8)
            text.append(contentsOf: repeatElement(48, count: -leading - 1))
            text.append(contentsOf: digits)
        } else {
            let whole = leading + 1
            text.append(contentsOf: digits.prefix(whole))
            text.append(contentsOf: repeatElement(48, count: max(0, whole - digits.count)))
            if digits.count > whole {
                text.append(UInt8(ascii: "."))
                text.append(contentsOf: digits[whole...])
            }
        }
    }

    static func parseFloat32(_ text: UnsafeRawBufferPointer, into bytes: inout [UInt8]) throws(Refusal) {
        let value = try floatingPoint(Float.self, text, range: "about 1e-45 to 3.4e+38")
        BigEndian.append(value.bitPattern, to: &bytes)
    }

    static func parseFloat64(_ text: UnsafeRawBufferPointer, into bytes: inout [UInt8]) throws(Refusal) {
        let value = try floatingPoint(Double.self, text, range: "about 5e-324 to 1.8e+308")
        BigEndian.append(value.bitPattern, to: &bytes)
    }

    private static func floatingPoint<Value: BinaryFloatingPoint & LosslessStringConvertible>(
        _: Value.Type,
        _ text: UnsafeRawBufferPointer,
        range: String
    ) throws(Refusal) -> Value {
        var scanner = TextScanner(text)
        let number = scanner.rest
        let isNegative = scanner.takeSign()
        guard scanner.isAtDigit || scanner.next == UInt8(ascii: ".") else {
            let start = scanner
            switch scanner.takeWord() {
            case "nan" where scanner.isAtEnd: return .nan
            case "infinity" where scanner.isAtEnd, "inf" where scanner.isAtEnd:
                return isNegative ? -.infinity : .infinity
            default: throw start.unexpected(instead: "a number")
            }
        }
        let isZero = try skipDecimal(&scanner)
        try scanner.expectEnd()
        guard let value = Value(String(decoding: number, as: UTF8.self)) else {
            throw Refusal("a number is expected")
        }
        guard value.isFinite, value != 0 || isZero else { throw Refusal("out of range (\(range))") }
        return value
    }

    /// Passes over `123`, `1.5`, `.5`, `1.`, `1e-5`; true when all its digits are zeros.
    private static func skipDecimal(_ scanner: inout TextScanner) throws(Refusal) -> Bool {
        var digits = 0
        var isZero = true
        func skipDigits() {
            while let next = scanner.next, TextScanner.isDigit(next) {
                if next != 48 { isZero = false }
                digits += 1
                scanner.advance()
            }
        }
        skipDigits()
        if scanner.take(".") { skipDigits() }
        guard digits > 0 else { throw scanner.unexpected(instead: "a digit") }
        if scanner.take("e") || scanner.take("E") {
            _ = scanner.takeSign()
            guard scanner.isAtDigit else { throw scanner.unexpected(instead: "a digit") }
            while scanner.isAtDigit { scanner.advance() }
        }
        return isZero
    }
}
