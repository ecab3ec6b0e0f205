/// Conversions between dates and points of time.
extension ValueCast {
    static func temporal(_ from: ValueType, _ to: ValueType, mayLose: Bool) -> Convert? {
        switch (from, to) {
        case (.date, .timestamp), (.date, .timestampWithZone): midnight
        case (.timestamp, .date), (.timestampWithZone, .date):
            { value, bytes throws(Refusal) in try appendDay(value, from, mayCut: mayLose, to: &bytes) }
        default: nil
        }
    }

    private static let midnight: Convert = { value, bytes throws(Refusal) in
        guard value.count == 4 else { throw malformed(value, .date) }
        let days = BigEndian.load(Int32.self, from: value)
        switch days {
        case .max: BigEndian.append(Int64.max, to: &bytes)
        case .min: BigEndian.append(Int64.min, to: &bytes)
        default:
            let (point, overflow) = Int64(days).multipliedReportingOverflow(
                by: ValueText.microsecondsPerDay
            )
            guard !overflow, ValueText.timestampRange.contains(point) else {
                throw Refusal("out of range (4713-11-24 BC to 294276-12-31)")
            }
            BigEndian.append(point, to: &bytes)
        }
    }

    private static func appendDay(
        _ value: UnsafeRawBufferPointer,
        _ from: ValueType,
        mayCut: Bool,
        to bytes: inout [UInt8]
    ) throws(Refusal) {
        guard value.count == 8 else { throw malformed(value, from) }
        let point = BigEndian.load(Int64.self, from: value)
        switch point {
        case .max: BigEndian.append(Int32.max, to: &bytes)
        case .min: BigEndian.append(Int32.min, to: &bytes)
        default:
            guard ValueText.timestampRange.contains(point) else { throw malformed(value, from) }
            let days = ValueText.floorDivide(point, ValueText.microsecondsPerDay)
            guard mayCut || days * ValueText.microsecondsPerDay == point else {
                throw Refusal("it has a time of day")
            }
            BigEndian.append(Int32(days), to: &bytes)
        }
    }
}
