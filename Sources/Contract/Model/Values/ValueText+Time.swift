/// Dates, times of day and points of time, ISO 8601 as PostgreSQL prints it; zones are always UTC.
extension ValueText {
    static let microsecondsPerDay: Int64 = 86_400_000_000
    /// 4713-11-24 BC to 5874897-12-31 and a few days, as PostgreSQL has them.
    static let dateRange: Range<Int64> = -2_451_545..<2_145_031_949
    /// 4713-11-24 BC to the end of the year 294276.
    static let timestampRange: Range<Int64> = -211_813_488_000_000_000..<9_223_371_331_200_000_000

    static func appendDate(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) -> Bool {
        guard bytes.count == 4 else { return false }
        let days = BigEndian.load(Int32.self, from: bytes)
        if appendInfinity(days, to: &text) { return true }
        guard dateRange.contains(Int64(days)) else { return false }
        let date = CivilDate(days: Int64(days))
        appendDay(date, to: &text)
        if date.year <= 0 { text.append(contentsOf: " BC".utf8) }
        return true
    }

    static func appendTime(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) -> Bool {
        guard bytes.count == 8 else { return false }
        let microseconds = BigEndian.load(Int64.self, from: bytes)
        guard (0...microsecondsPerDay).contains(microseconds) else { return false }
        appendClock(microseconds.magnitude, to: &text)
        return true
    }

    static func appendTimestamp(
        _ bytes: UnsafeRawBufferPointer,
        zone: String,
        to text: inout [UInt8]
    ) -> Bool {
        guard bytes.count == 8 else { return false }
        let microseconds = BigEndian.load(Int64.self, from: bytes)
        if appendInfinity(microseconds, to: &text) { return true }
        guard timestampRange.contains(microseconds) else { return false }
        let days = floorDivide(microseconds, microsecondsPerDay)
        let date = CivilDate(days: days)
        appendDay(date, to: &text)
        text.append(UInt8(ascii: " "))
        appendClock((microseconds - days * microsecondsPerDay).magnitude, to: &text)
        text.append(contentsOf: zone.utf8)
        if date.year <= 0 { text.append(contentsOf: " BC".utf8) }
        return true
    }

    private static func appendInfinity<Value: FixedWidthInteger>(
        _ value: Value,
        to text: inout [UInt8]
    ) -> Bool {
        guard value == .max || value == .min else { return false }
        text.append(contentsOf: (value == .max ? "infinity" : "-infinity").utf8)
        return true
    }

    private static func appendDay(_ date: CivilDate, to text: inout [UInt8]) {
        let year = date.year > 0 ? date.year : 1 - date.year
        appendDecimal(year.magnitude, width: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        appendDecimal(date.month.magnitude, width: 2, to: &text)
        text.append(UInt8(ascii: "-"))
        appendDecimal(date.day.magnitude, width: 2, to: &text)
    }

    /// `HH:MM:SS`, and the microseconds without zeros at their end.
    static func appendClock(_ microseconds: UInt64, to text: inout [UInt8]) {
        let seconds = microseconds / 1_000_000
        appendDecimal(seconds / 3600, width: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        appendDecimal(seconds / 60 % 60, width: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        appendDecimal(seconds % 60, width: 2, to: &text)
        let fraction = microseconds % 1_000_000
        guard fraction > 0 else { return }
        text.append(UInt8(ascii: "."))
        appendDecimal(fraction, width: 6, to: &text)
        while text.last == 48 { text.removeLast() }
    }

    static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
    }

    /// `YYYY-MM-DD`, `infinity`; a time of day behind it is checked and left out, as PostgreSQL does, or refused.
    static func parseDate(
        _ text: UnsafeRawBufferPointer,
        mayCut: Bool = true,
        into bytes: inout [UInt8]
    ) throws(Refusal) {
        var scanner = TextScanner(text)
        if let infinity = takeInfinity(&scanner) {
            return BigEndian.append(infinity ? Int32.max : Int32.min, to: &bytes)
        }
        let point = try takePoint(&scanner)
        let days = point.date.days
        guard dateRange.contains(days) else {
            throw Refusal("out of range (4713-11-24 BC to 5874897-12-31)")
        }
        guard mayCut || point.clock == 0 else { throw Refusal("it has a time of day") }
        BigEndian.append(Int32(days), to: &bytes)
    }

    /// `HH:MM[:SS[.ffffff]]`
    static func parseTime(_ text: UnsafeRawBufferPointer, into bytes: inout [UInt8]) throws(Refusal) {
        var scanner = TextScanner(text)
        let clock = try takeClock(&scanner)
        try scanner.expectEnd()
        guard clock <= microsecondsPerDay else { throw Refusal("out of range (00:00:00 to 24:00:00)") }
        BigEndian.append(clock, to: &bytes)
    }

    /// `YYYY-MM-DD[( |T)HH:MM[:SS[.ffffff]][zone]]`, `infinity`. A zone (`Z`, `UTC`, `+HH[:MM[:SS]]`) is converted to UTC,
    /// without one it is UTC already.
    static func parseTimestamp(
        _ text: UnsafeRawBufferPointer,
        into bytes: inout [UInt8]
    ) throws(Refusal) {
        var scanner = TextScanner(text)
        if let infinity = takeInfinity(&scanner) {
            return BigEndian.append(infinity ? Int64.max : Int64.min, to: &bytes)
        }
        let point = try takePoint(&scanner)
        let (start, overflow) = point.date.days.multipliedReportingOverflow(by: microsecondsPerDay)
        let (value, carry) = start.addingReportingOverflow(point.clock - point.zone)
        guard !overflow, !carry, timestampRange.contains(value) else {
            throw Refusal("out of range (4713-11-24 BC to 294276-12-31)")
        }
        BigEndian.append(value, to: &bytes)
    }

    /// true: `infinity`, false: `-infinity`, nil: something else, nothing taken.
    private static func takeInfinity(_ scanner: inout TextScanner) -> Bool? {
        var ahead = scanner
        let isNegative = ahead.takeSign()
        guard ahead.takeWord() == "infinity", ahead.isAtEnd else { return nil }
        scanner = ahead
        return !isNegative
    }

    private static func takePoint(
        _ scanner: inout TextScanner
    ) throws(Refusal) -> (date: CivilDate, clock: Int64, zone: Int64) {
        let (year, month, day) = try takeDay(&scanner)
        var clock: Int64 = 0
        var zone: Int64 = 0
        if scanner.take("T") || scanner.take("t") || scanner.next == 32 {
            scanner.skipSpaces()
            if scanner.isAtDigit {
                clock = try takeClock(&scanner)
                zone = try takeZone(&scanner)
            }
        }
        scanner.skipSpaces()
        var isBeforeChrist = false
        if !scanner.isAtEnd {
            let start = scanner
            isBeforeChrist = scanner.takeWord() == "bc"
            guard isBeforeChrist, scanner.isAtEnd else {
                throw start.unexpected(instead: "a time, a zone offset or the end")
            }
        }
        guard year > 0, year < 10_000_000,
            let date = CivilDate(year: isBeforeChrist ? 1 - year : year, month: month, day: day)
        else { throw Refusal("there is no such day") }
        return (date, clock, zone)
    }

    private static func takeDay(
        _ scanner: inout TextScanner
    ) throws(Refusal) -> (year: Int64, month: Int64, day: Int64) {
        let form = "a date YYYY-MM-DD"
        let start = scanner
        let year = try scanner.takeNumber()
        guard year.digits >= 4 else { throw start.unexpected(instead: form) }
        guard scanner.take("-") else { throw scanner.unexpected(instead: "\"-\" of \(form)") }
        let month = try scanner.takeNumber()
        guard (1...2).contains(month.digits), scanner.take("-") else {
            throw scanner.unexpected(instead: "the month of \(form)")
        }
        let day = try scanner.takeNumber()
        guard (1...2).contains(day.digits) else {
            throw scanner.unexpected(instead: "the day of \(form)")
        }
        return (year.value, month.value, day.value)
    }

    /// Microseconds since midnight.
    private static func takeClock(_ scanner: inout TextScanner) throws(Refusal) -> Int64 {
        let hour = try scanner.takeNumber()
        guard (1...2).contains(hour.digits), scanner.take(":") else {
            throw scanner.unexpected(instead: "a time HH:MM:SS")
        }
        let minute = try scanner.takeNumber()
        guard minute.digits == 2 else { throw scanner.unexpected(instead: "two digits of a minute") }
        var second: Int64 = 0
        var fraction: Int64 = 0
        if scanner.take(":") {
            let seconds = try scanner.takeNumber()
            guard seconds.digits == 2 else { throw scanner.unexpected(instead: "two digits of a second") }
            second = seconds.value
            if scanner.take(".") { fraction = try scanner.takeMicroseconds() }
        }
        let clock = (hour.value * 3600 + minute.value * 60 + second) * 1_000_000 + fraction
        guard minute.value < 60, second < 60 || (second == 60 && fraction == 0),
            hour.value < 24 || clock == microsecondsPerDay
        else { throw Refusal("there is no such time of day") }
        return clock
    }

    /// Microseconds east of UTC.
    private static func takeZone(_ scanner: inout TextScanner) throws(Refusal) -> Int64 {
        var ahead = scanner
        ahead.skipSpaces()
        let mark = ahead
        if ["z", "utc", "gmt"].contains(ahead.takeWord()) {
            scanner = ahead
            return 0
        }
        ahead = mark
        guard ahead.next == UInt8(ascii: "+") || ahead.next == UInt8(ascii: "-") else { return 0 }
        let isWest = ahead.takeSign()
        let first = try ahead.takeNumber()
        var seconds: Int64
        switch first.digits {
        case 1, 2:
            seconds = first.value * 3600
            for unit: Int64 in [60, 1] where ahead.take(":") {
                let part = try ahead.takeNumber()
                guard part.digits == 2, part.value < 60 else {
                    throw ahead.unexpected(instead: "a zone offset +HH:MM")
                }
                seconds += part.value * unit
            }
        case 4: seconds = (first.value / 100) * 3600 + (first.value % 100) * 60
        default: throw ahead.unexpected(instead: "a zone offset +HH:MM")
        }
        guard seconds < 16 * 3600 else { throw Refusal("its zone offset is 16 hours or more") }
        scanner = ahead
        return (isWest ? -seconds : seconds) * 1_000_000
    }
}
