/// PostgreSQL's binary `numeric` brought to a scale, as `numeric(p, s)` does when it stores.
///
/// Source: PostgreSQL 15, `numeric_send` and `round_var` in `src/backend/utils/adt/numeric.c`.
struct NumericRounding: Hashable {
    let precision: Int
    let scale: Int

    /// From `pg_attribute.atttypmod`; nil: no modifier.
    init?(modifier: Int32) {
        guard modifier >= 4 else { return nil }
        let bits = modifier - 4
        precision = Int(bits >> 16) & 0xFFFF
        scale = (Int(bits & 0x7FF) ^ 1024) - 1024
    }

    /// Whether the value has the scale already and needs no look at its digits.
    func isKept(_ value: UnsafeRawBufferPointer) -> Bool {
        guard value.count >= 8, Self.word(value, 2) & 0xC000 != 0xC000 else { return true }
        guard Self.word(value, 3) == UInt16(max(0, scale)), scale >= 0 else { return false }
        let count = Int(Self.word(value, 0))
        let weight = Int(Int16(bitPattern: Self.word(value, 1)))
        guard count > 0 else { return true }
        guard value.count == 8 + count * 2, Self.word(value, 4) != 0, Self.word(value, 3 + count) != 0 else {
            return false
        }
        return integerDigits(weight: weight, first: Int(Self.word(value, 4))) <= precision - scale
    }

    /// The value as it will be stored; nil when it has more digits than the column holds.
    func rounded(_ value: UnsafeRawBufferPointer) -> [UInt8]? {
        var digits = (0..<Int(Self.word(value, 0))).map { Int(Self.word(value, 4 + $0)) }
        var weight = Int(Int16(bitPattern: Self.word(value, 1)))
        var sign = Self.word(value, 2)
        round(&digits, &weight)
        while let first = digits.first, first == 0 {
            digits.removeFirst()
            weight -= 1
        }
        while let last = digits.last, last == 0 { digits.removeLast() }
        if let first = digits.first {
            guard integerDigits(weight: weight, first: first) <= precision - scale else { return nil }
        } else {
            weight = 0
            sign = 0
        }
        let words =
            [UInt16(digits.count), UInt16(bitPattern: Int16(weight)), sign, UInt16(max(0, scale))]
            + digits.map { UInt16($0) }
        return words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    }

    /// Half away from zero, at `scale` decimal places.
    private func round(_ digits: inout [Int], _ weight: inout Int) {
        let kept = (weight + 1) * 4 + scale
        guard kept >= 0 else {
            digits = []
            return
        }
        let groups = (kept + 3) / 4
        guard groups < digits.count || (groups == digits.count && kept % 4 != 0) else { return }
        var carry = 0
        if kept % 4 == 0 {
            carry = digits[groups] >= 5000 ? 1 : 0
            digits.removeLast(digits.count - groups)
        } else {
            digits.removeLast(digits.count - groups)
            let unit = [1, 1000, 100, 10][kept % 4]
            let last = digits[groups - 1]
            let dropped = last % unit
            digits[groups - 1] = last - dropped
            if dropped * 2 >= unit { digits[groups - 1] += unit }
            if digits[groups - 1] >= 10_000 {
                digits[groups - 1] -= 10_000
                carry = 1
                propagate(&digits, &weight, before: groups - 1)
                return
            }
        }
        if carry == 1 { propagate(&digits, &weight, before: groups) }
    }

    private func propagate(_ digits: inout [Int], _ weight: inout Int, before end: Int) {
        var place = end - 1
        while place >= 0 {
            digits[place] += 1
            guard digits[place] >= 10_000 else { return }
            digits[place] -= 10_000
            place -= 1
        }
        digits.insert(1, at: 0)
        weight += 1
    }

    private func integerDigits(weight: Int, first: Int) -> Int {
        let width = first >= 1000 ? 4 : first >= 100 ? 3 : first >= 10 ? 2 : 1
        return weight * 4 + width
    }

    private static func word(_ value: UnsafeRawBufferPointer, _ index: Int) -> UInt16 {
        UInt16(bigEndian: value.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
    }
}
