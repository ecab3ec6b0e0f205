/// Spans of time in PostgreSQL's own style: `1 year 2 mons -3 days +04:05:06.7`.
extension ValueText {
    static func appendInterval(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) -> Bool {
        guard bytes.count == 16 else { return false }
        let microseconds = BigEndian.load(Int64.self, from: bytes)
        let days = Int64(BigEndian.load(Int32.self, from: bytes, at: 8))
        let months = Int64(BigEndian.load(Int32.self, from: bytes, at: 12))
        let mark = text.count
        var isAfterNegative = false
        for (amount, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] where amount != 0 {
            if text.count > mark { text.append(UInt8(ascii: " ")) }
            if amount < 0 {
                text.append(UInt8(ascii: "-"))
            } else if isAfterNegative {
                text.append(UInt8(ascii: "+"))
            }
            appendDecimal(amount.magnitude, to: &text)
            text.append(UInt8(ascii: " "))
            text.append(contentsOf: unit.utf8)
            if amount != 1 { text.append(UInt8(ascii: "s")) }
            isAfterNegative = amount < 0
        }
        let isEmpty = text.count == mark
        guard isEmpty || microseconds != 0 else { return true }
        if !isEmpty { text.append(UInt8(ascii: " ")) }
        if microseconds < 0 {
            text.append(UInt8(ascii: "-"))
        } else if isAfterNegative {
            text.append(UInt8(ascii: "+"))
        }
        appendClock(microseconds.magnitude, to: &text)
        return true
    }

    /// Amounts with units from years to seconds, and a time `[+-]HH:MM[:SS[.ffffff]]`, in any order.
    static func parseInterval(
        _ text: UnsafeRawBufferPointer,
        into bytes: inout [UInt8]
    ) throws(Refusal) {
        var scanner = TextScanner(text)
        var sum = IntervalSum()
        guard !scanner.isAtEnd else { throw scanner.unexpected(instead: "an amount") }
        while !scanner.isAtEnd {
            let isNegative = scanner.takeSign()
            let amount = try scanner.takeNumber()
            guard amount.digits > 0 else { throw scanner.unexpected(instead: "a digit") }
            let value = isNegative ? -amount.value : amount.value
            if scanner.take(":") {
                try sum.add(value, of: 3_600_000_000)
                try takeMinutes(&scanner, isNegative: isNegative, into: &sum)
            } else {
                let fraction = scanner.take(".") ? try scanner.takeMicroseconds() : 0
                scanner.skipSpaces()
                let start = scanner
                let unit = scanner.takeWord()
                guard try sum.add(value, unit: unit, fraction: isNegative ? -fraction : fraction) else {
                    throw start.unexpected(
                        instead: "a unit (years, mons, weeks, days, hours, mins, secs)"
                    )
                }
            }
            scanner.skipSpaces()
        }
        try sum.append(to: &bytes)
    }

    private static func takeMinutes(
        _ scanner: inout TextScanner,
        isNegative: Bool,
        into sum: inout IntervalSum
    ) throws(Refusal) {
        let direction: Int64 = isNegative ? -1 : 1
        for unit: Int64 in [60_000_000, 1_000_000] {
            let part = try scanner.takeNumber()
            guard part.digits == 2, part.value < 60 else {
                throw scanner.unexpected(instead: "two digits below 60")
            }
            try sum.add(direction * part.value, of: unit)
            if unit == 60_000_000, !scanner.take(":") { return }
        }
        if scanner.take(".") { try sum.add(direction, of: try scanner.takeMicroseconds()) }
    }
}

/// An interval while its parts are added up.
private struct IntervalSum {
    var months: Int64 = 0
    var days: Int64 = 0
    var microseconds: Int64 = 0

    mutating func add(_ amount: Int64, of unit: Int64) throws(Refusal) {
        try Self.add(amount, times: unit, to: &microseconds)
    }

    /// false for a unit that is not known, or that takes no fraction.
    mutating func add(_ amount: Int64, unit: String, fraction: Int64) throws(Refusal) -> Bool {
        switch unit {
        case "s", "sec", "secs", "second", "seconds":
            try add(amount, of: 1_000_000)
            try add(fraction, of: 1)
        case _ where fraction != 0: return false
        case "h", "hour", "hours", "hr", "hrs": try add(amount, of: 3_600_000_000)
        case "m", "min", "mins", "minute", "minutes": try add(amount, of: 60_000_000)
        case "d", "day", "days": try Self.add(amount, times: 1, to: &days)
        case "w", "week", "weeks": try Self.add(amount, times: 7, to: &days)
        case "mon", "mons", "month", "months": try Self.add(amount, times: 1, to: &months)
        case "y", "year", "years", "yr", "yrs": try Self.add(amount, times: 12, to: &months)
        default: return false
        }
        return true
    }

    func append(to bytes: inout [UInt8]) throws(Refusal) {
        guard let days = Int32(exactly: days), let months = Int32(exactly: months) else {
            throw Self.outOfRange
        }
        BigEndian.append(microseconds, to: &bytes)
        BigEndian.append(days, to: &bytes)
        BigEndian.append(months, to: &bytes)
    }

    private static let outOfRange = Refusal("out of range (about 178000000 years)")

    private static func add(
        _ amount: Int64,
        times unit: Int64,
        to sum: inout Int64
    ) throws(Refusal) {
        let (product, overflow) = amount.multipliedReportingOverflow(by: unit)
        let (total, carry) = sum.addingReportingOverflow(product)
        guard !overflow, !carry else { throw outOfRange }
        sum = total
    }
}
