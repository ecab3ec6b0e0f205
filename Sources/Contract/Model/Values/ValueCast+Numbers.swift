/// Conversions between integers, floats, numerics and Booleans.
extension ValueCast {
    static func numeric(_ from: ValueType, _ to: ValueType, mayLose: Bool) -> Convert? {
        switch (from, to) {
        case (.int16, _), (.int32, _), (.int64, _): fromInteger(from, to, mayLose: mayLose)
        case (.float32, _), (.float64, _): fromFloat(from, to, mayLose: mayLose)
        case (.numeric, .float32), (.numeric, .float64): throughText(from, to)
        case (.numeric, .int16), (.numeric, .int32), (.numeric, .int64):
            { value, bytes throws(Refusal) in
                guard let number = ValueText.Numeric(value) else { throw malformed(value, from) }
                try appendInteger(try integer(number, mayRound: mayLose), as: to, to: &bytes)
            }
        case (.bool, .int16), (.bool, .int32), (.bool, .int64):
            { value, bytes throws(Refusal) in
                try appendInteger(try bool(value) ? 1 : 0, as: to, to: &bytes)
            }
        default: nil
        }
    }

    private static func fromInteger(_ from: ValueType, _ to: ValueType, mayLose: Bool) -> Convert? {
        switch to {
        case .int16, .int32, .int64:
            { value, bytes throws(Refusal) in
                try appendInteger(try integer(value, from), as: to, to: &bytes)
            }
        case .float32:
            { value, bytes throws(Refusal) in
                let number = try integer(value, from)
                guard mayLose || Float(exactly: number) != nil else { throw inexact(to) }
                BigEndian.append(Float(number).bitPattern, to: &bytes)
            }
        case .float64:
            { value, bytes throws(Refusal) in
                let number = try integer(value, from)
                guard mayLose || Double(exactly: number) != nil else { throw inexact(to) }
                BigEndian.append(Double(number).bitPattern, to: &bytes)
            }
        case .numeric: throughText(from, to)
        case .bool:
            { value, bytes throws(Refusal) in
                let number = try integer(value, from)
                guard mayLose || number == 0 || number == 1 else { throw Refusal("0 or 1 is expected") }
                bytes.append(number == 0 ? 0 : 1)
            }
        default: nil
        }
    }

    private static func fromFloat(_ from: ValueType, _ to: ValueType, mayLose: Bool) -> Convert? {
        switch to {
        case .int16, .int32, .int64:
            { value, bytes throws(Refusal) in
                let number = try float(value, from)
                guard number.isFinite else { throw Refusal("it is no number of that kind") }
                let rounded = number.rounded(.toNearestOrEven)
                guard mayLose || rounded == number else { throw Refusal("it has a fraction") }
                guard let whole = Int64(exactly: rounded) else { throw outOfRange(to) }
                try appendInteger(whole, as: to, to: &bytes)
            }
        case .float64:
            { value, bytes throws(Refusal) in
                BigEndian.append(try float(value, from).bitPattern, to: &bytes)
            }
        case .float32:
            { value, bytes throws(Refusal) in
                let number = try float(value, from)
                let nearest = Float(number)
                guard nearest.isFinite == number.isFinite, (nearest == 0) == (number == 0) else {
                    throw Refusal("out of range (about 1e-45 to 3.4e+38)")
                }
                BigEndian.append(nearest.bitPattern, to: &bytes)
            }
        case .numeric: throughText(from, to)
        default: nil
        }
    }

    private static func throughText(_ from: ValueType, _ to: ValueType) -> Convert {
        { value, bytes throws(Refusal) in
            var text: [UInt8] = []
            guard ValueText.append(value, as: from, to: &text) else { throw malformed(value, from) }
            let refusal: Refusal? = text.withUnsafeBytes { text in
                do throws(Refusal) {
                    try ValueText.parseUnnamed(text, as: to, into: &bytes)
                    return nil
                } catch {
                    return error
                }
            }
            if let refusal { throw refusal }
        }
    }

    static func integer(_ value: UnsafeRawBufferPointer, _ type: ValueType) throws(Refusal) -> Int64 {
        switch (type, value.count) {
        case (.int16, 2): Int64(BigEndian.load(Int16.self, from: value))
        case (.int32, 4): Int64(BigEndian.load(Int32.self, from: value))
        case (.int64, 8): BigEndian.load(from: value)
        default: throw malformed(value, type)
        }
    }

    static func float(_ value: UnsafeRawBufferPointer, _ type: ValueType) throws(Refusal) -> Double {
        switch (type, value.count) {
        case (.float32, 4): Double(Float(bitPattern: BigEndian.load(from: value)))
        case (.float64, 8): Double(bitPattern: BigEndian.load(from: value))
        default: throw malformed(value, type)
        }
    }

    private static func appendInteger(
        _ value: Int64,
        as type: ValueType,
        to bytes: inout [UInt8]
    ) throws(Refusal) {
        switch type {
        case .int16:
            guard let narrow = Int16(exactly: value) else { throw outOfRange(type) }
            BigEndian.append(narrow, to: &bytes)
        case .int32:
            guard let narrow = Int32(exactly: value) else { throw outOfRange(type) }
            BigEndian.append(narrow, to: &bytes)
        default: BigEndian.append(value, to: &bytes)
        }
    }

    /// Rounds half away from zero.
    private static func integer(
        _ number: ValueText.Numeric,
        mayRound: Bool
    ) throws(Refusal) -> Int64 {
        guard number.sign == ValueText.Numeric.positive || number.sign == ValueText.Numeric.negative else {
            throw Refusal("it is no number of that kind")
        }
        let isNegative = number.sign == ValueText.Numeric.negative
        var whole: Int64 = 0
        func append(_ digit: Int64, base: Int64) throws(Refusal) {
            let (product, overflow) = whole.multipliedReportingOverflow(by: base)
            let (sum, carry) = product.addingReportingOverflow(isNegative ? -digit : digit)
            guard !overflow, !carry else { throw outOfRange(.int64) }
            whole = sum
        }
        for power in stride(from: number.weight, through: 0, by: -1) {
            try append(Int64(number.digit(at: power)), base: 10_000)
        }
        let fraction = number.digits.dropFirst(max(0, number.weight + 1))
        if fraction.contains(where: { $0 != 0 }) {
            guard mayRound else { throw Refusal("it has a fraction") }
            if number.digit(at: -1) >= 5_000 { try append(1, base: 1) }
        }
        return whole
    }

    static func outOfRange(_ type: ValueType) -> Refusal {
        switch type {
        case .int16: Refusal(ValueText.outOfRange(Int16.self))
        case .int32: Refusal(ValueText.outOfRange(Int32.self))
        default: Refusal(ValueText.outOfRange(Int64.self))
        }
    }

    private static func inexact(_ type: ValueType) -> Refusal {
        Refusal("no \(type) is exactly this number")
    }
}
