/// `numeric`: decimal numbers of any size, kept in digits of base 10,000.
extension ValueText {
    /// The parts of a value in PostgreSQL's binary form.
    struct Numeric {
        static let positive: UInt16 = 0
        static let negative: UInt16 = 0x4000
        static let notANumber: UInt16 = 0xC000
        static let infinity: UInt16 = 0xD000
        static let negativeInfinity: UInt16 = 0xF000
        static let scaleMax = 0x3FFF
        static let weightMax = 0x7FFF

        /// The first digit counts 10,000^weight.
        var weight: Int
        var sign: UInt16
        /// Decimal digits behind the point.
        var scale: Int
        var digits: [Int16]

        init(weight: Int, sign: UInt16, scale: Int, digits: [Int16]) {
            self.weight = weight
            self.sign = sign
            self.scale = scale
            self.digits = digits
        }

        init?(_ bytes: UnsafeRawBufferPointer) {
            guard bytes.count >= 8 else { return nil }
            let count = Int(BigEndian.load(UInt16.self, from: bytes))
            guard bytes.count == 8 + 2 * count else { return nil }
            weight = Int(BigEndian.load(Int16.self, from: bytes, at: 2))
            sign = BigEndian.load(UInt16.self, from: bytes, at: 4)
            scale = Int(BigEndian.load(UInt16.self, from: bytes, at: 6))
            guard scale <= Self.scaleMax else { return nil }
            digits = (0..<count).map { BigEndian.load(Int16.self, from: bytes, at: 8 + 2 * $0) }
            guard digits.allSatisfy({ (0...9999).contains($0) }) else { return nil }
            switch sign {
            case Self.positive, Self.negative: break
            case Self.notANumber, Self.infinity, Self.negativeInfinity:
                guard count == 0 else { return nil }
            default: return nil
            }
        }

        func append(to bytes: inout [UInt8]) {
            BigEndian.append(UInt16(digits.count), to: &bytes)
            BigEndian.append(Int16(weight), to: &bytes)
            BigEndian.append(sign, to: &bytes)
            BigEndian.append(UInt16(scale), to: &bytes)
            for digit in digits { BigEndian.append(digit, to: &bytes) }
        }

        /// The digit that counts 10,000^`power`.
        func digit(at power: Int) -> UInt64 {
            let index = weight - power
            return digits.indices.contains(index) ? UInt64(digits[index]) : 0
        }
    }

    static func appendNumeric(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) -> Bool {
        guard let value = Numeric(bytes) else { return false }
        switch value.sign {
        case Numeric.notANumber: text.append(contentsOf: "NaN".utf8)
        case Numeric.infinity: text.append(contentsOf: "Infinity".utf8)
        case Numeric.negativeInfinity: text.append(contentsOf: "-Infinity".utf8)
        default:
            let mark = text.count
            if value.sign == Numeric.negative { text.append(UInt8(ascii: "-")) }
            appendDigits(of: value, to: &text)
            // There is no negative zero.
            if text[mark] == UInt8(ascii: "-"), !text[mark...].contains(where: { (49...57).contains($0) }) {
                text.remove(at: mark)
            }
        }
        return true
    }

    private static func appendDigits(of value: Numeric, to text: inout [UInt8]) {
        var power = value.weight
        while power > 0, value.digit(at: power) == 0 { power -= 1 }
        appendDecimal(power < 0 ? 0 : value.digit(at: power), to: &text)
        while power > 0 {
            power -= 1
            appendDecimal(value.digit(at: power), width: 4, to: &text)
        }
        guard value.scale > 0 else { return }
        text.append(UInt8(ascii: "."))
        let end = text.count + value.scale
        power = -1
        while text.count < end {
            appendDecimal(value.digit(at: power), width: 4, to: &text)
            power -= 1
        }
        text.removeLast(text.count - end)
    }

    static func parseNumeric(_ text: UnsafeRawBufferPointer, into bytes: inout [UInt8]) throws(Refusal) {
        try numeric(text).append(to: &bytes)
    }

    static func numeric(_ text: UnsafeRawBufferPointer) throws(Refusal) -> Numeric {
        var scanner = TextScanner(text)
        let isNegative = scanner.takeSign()
        guard scanner.isAtDigit || scanner.next == UInt8(ascii: ".") else {
            let start = scanner
            switch scanner.takeWord() {
            case "nan" where scanner.isAtEnd:
                return Numeric(weight: 0, sign: Numeric.notANumber, scale: 0, digits: [])
            case "infinity" where scanner.isAtEnd, "inf" where scanner.isAtEnd:
                let sign = isNegative ? Numeric.negativeInfinity : Numeric.infinity
                return Numeric(weight: 0, sign: sign, scale: 0x20, digits: [])
            default: throw start.unexpected(instead: "a number")
            }
        }
        var decimals: [UInt8] = []
        var whole = 0
        var isFraction = false
        while let next = scanner.next {
            if TextScanner.isDigit(next) {
                decimals.append(next & 15)
                if !isFraction { whole += 1 }
            } else if next == UInt8(ascii: "."), !isFraction {
                isFraction = true
            } else {
                break
            }
            scanner.advance()
        }
        guard !decimals.isEmpty else { throw scanner.unexpected(instead: "a digit") }
        var exponent = 0
        if scanner.take("e") || scanner.take("E") {
            let isReduced = scanner.takeSign()
            let (value, digits) = try scanner.takeNumber()
            guard digits > 0 else { throw scanner.unexpected(instead: "a digit") }
            guard value <= 1_000_000 else { throw Refusal("its exponent is out of range") }
            exponent = Int(isReduced ? -value : value)
        }
        try scanner.expectEnd()
        return try numeric(decimals, whole: whole, exponent: exponent, isNegative: isNegative)
    }

    /// - Parameters:
    ///   - decimals: the digits, 0 to 9 each.
    ///   - whole: how many of them stand before the point, before `exponent` moves it.
    private static func numeric(
        _ decimals: [UInt8],
        whole: Int,
        exponent: Int,
        isNegative: Bool
    ) throws(Refusal) -> Numeric {
        let scale = max(0, decimals.count - whole - exponent)
        guard scale <= Numeric.scaleMax else {
            throw Refusal("\(scale) digits behind the point, at most \(Numeric.scaleMax) are possible")
        }
        guard let first = decimals.firstIndex(where: { $0 != 0 }) else {
            return Numeric(weight: 0, sign: Numeric.positive, scale: scale, digits: [])
        }
        // The power of ten that the first digit counts; its group of four holds it at `offset`.
        let leading = whole - 1 - first + exponent
        let weight = leading >= 0 ? leading / 4 : -((-leading + 3) / 4)
        guard weight <= Numeric.weightMax else {
            throw Refusal("more than 131072 digits before the point")
        }
        var digits: [Int16] = []
        var group = Int16(0)
        var filled = (weight + 1) * 4 - (leading + 1)
        for decimal in decimals[first...] {
            group = group * 10 + Int16(decimal)
            filled += 1
            if filled == 4 {
                digits.append(group)
                group = 0
                filled = 0
            }
        }
        if filled > 0 {
            while filled < 4 {
                group *= 10
                filled += 1
            }
            digits.append(group)
        }
        while digits.last == 0 { digits.removeLast() }
        return Numeric(
            weight: weight,
            sign: isNegative ? Numeric.negative : Numeric.positive,
            scale: scale,
            digits: digits
        )
    }
}
