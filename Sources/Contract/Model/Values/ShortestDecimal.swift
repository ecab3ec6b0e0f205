/// The shortest decimal number strictly inside the interval that rounds to a floating-point value: `digits` × 10^`exponent`.
///
/// Swift's own shortest form may lie exactly on the edge of the interval, which reads back only under round-half-even;
/// PostgreSQL never prints such a one (1e23 is `9.999999999999999e+22` there). Those values get their next best form here.
struct ShortestDecimal {
    private(set) var digits: UInt64
    private(set) var exponent: Int

    /// - Parameter value: finite and greater than 0.
    init<Value: BinaryFloatingPoint & CustomStringConvertible>(_ value: Value) {
        (digits, exponent) = Self.read(value.description)
        let fraction = Value.significandBitCount
        let significand = UInt64(value.significandBitPattern) | (value.isNormal ? 1 << fraction : 0)
        let power = Int(value.ulp.exponent)
        // An edge is an odd multiple of a power of two: no other decimal than a whole one can meet it and be shorter.
        guard power >= 2, (0...24).contains(exponent) else { return }
        leaveEdge(
            Edges(
                middle: UInt128(significand) * 4,
                isPowerOfTwo: value.significandBitPattern == 0,
                power: power - 2
            )
        )
    }

    /// The interval in units of 2^`power`, four of which are the value's last binary digit.
    private struct Edges {
        var middle: UInt128
        var low: UInt128
        var high: UInt128
        var power: Int

        init(middle: UInt128, isPowerOfTwo: Bool, power: Int) {
            self.middle = middle
            low = middle - (isPowerOfTwo ? 1 : 2)
            high = middle + 2
            self.power = power
        }
    }

    private mutating func leaveEdge(_ edges: Edges) {
        var exponent = exponent
        while exponent >= 0 {
            let common = min(exponent, edges.power)
            let shift = edges.power - common
            guard shift <= 70 else { return }
            let unit = Self.powerOfFive(exponent) << (exponent - common)
            let low = edges.low << shift
            let high = edges.high << shift
            let middle = edges.middle << shift
            if exponent == self.exponent {
                let own = UInt128(digits) * unit
                guard own == low || own == high else { return }
            }
            let below = middle / unit
            let candidates = [below, below + 1].filter { low < $0 * unit && $0 * unit < high }
            let best = candidates.min { Self.distance($0 * unit, middle) < Self.distance($1 * unit, middle) }
            if let best {
                digits = UInt64(best)
                self.exponent = exponent
                return
            }
            exponent -= 1
        }
    }

    private static func distance(_ left: UInt128, _ right: UInt128) -> UInt128 {
        left > right ? left - right : right - left
    }

    private static func powerOfFive(_ exponent: Int) -> UInt128 {
        (0..<exponent).reduce(1) { product, _ in product * 5 }
    }

    /// `1.25e-07` → (125, -9).
    private static func read(_ description: String) -> (UInt64, Int) {
        var digits: UInt64 = 0
        var exponent = 0
        var zeros = 0
        var isFraction = false
        var rest = description.utf8[...]
        while let byte = rest.first, byte != UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if byte == UInt8(ascii: ".") {
                isFraction = true
                continue
            }
            if isFraction { exponent -= 1 }
            if byte == 48 {
                zeros += 1
            } else {
                for _ in 0...zeros { digits *= 10 }
                digits += UInt64(byte & 15)
                zeros = 0
            }
        }
        exponent += zeros
        if let power = Int(String(decoding: rest.dropFirst(), as: UTF8.self)) { exponent += power }
        return (digits, exponent)
    }
}
