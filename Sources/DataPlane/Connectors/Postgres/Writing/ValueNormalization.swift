import Model

/// Brings values to what the columns will hold (scale, padding, precision of time), before they are compared: then
/// "the same bytes" means "the same value", and what is journalled is what will be stored.
struct ValueNormalization {
    private enum Rule: Hashable {
        case numeric(NumericRounding)
        case padded(Int)
        case limited(Int)
        /// µs to which the time is rounded.
        case time(Int64)
    }

    private let rules: [(column: Int, field: String, rule: Rule)]

    init(_ fields: [PostgresColumn]) {
        rules = fields.enumerated().compactMap { index, field in
            Self.rule(field.type).map { (index, field.name, $0) }
        }
    }

    private static func rule(_ type: PostgresType) -> Rule? {
        switch type.oid {
        case PostgresType.numeric:
            return NumericRounding(modifier: type.modifier).map(Rule.numeric)
        case PostgresType.bpchar:
            return type.lengthMax.map(Rule.padded)
        case PostgresType.varchar:
            return type.lengthMax.map(Rule.limited)
        case PostgresType.time, PostgresType.timestamp, PostgresType.timestampWithZone:
            guard (0..<6).contains(type.modifier) else { return nil }
            return .time([1_000_000, 100_000, 10_000, 1000, 100, 10][Int(type.modifier)])
        default:
            return nil
        }
    }

    /// Replaces values by those that will be stored and rejects those that cannot be.
    ///
    /// - Returns: whether any value was replaced.
    func apply(to rows: inout RowBatch, rejections: inout [Int: Rejection]) -> Bool {
        var replacements: [Int: [UInt8]] = [:]
        for (column, field, rule) in rules {
            for row in 0..<rows.count where rejections[row] == nil {
                let outcome = rows.withField(row: row, column: column) { value in
                    value.map { check($0, rule) } ?? .kept
                }
                switch outcome {
                case .kept:
                    continue
                case .replaced(let bytes):
                    replacements[row * rows.width + column] = bytes
                case .refused(let code, let reason):
                    rejections[row] = Rejection(code: code, field: field, reason: reason)
                }
            }
        }
        guard !replacements.isEmpty else { return false }
        var replaced = RowBatch(width: rows.width, sharing: rows)
        replaced.reserve(rows: rows.count, bytes: 0)
        for place in 0..<(rows.count * rows.width) {
            if let bytes = replacements[place] {
                replaced.append(bytes)
            } else {
                replaced.appendShared(start: rows.starts[place], length: rows.lengths[place])
            }
            if place % rows.width == rows.width - 1 { replaced.endRow() }
        }
        rows = replaced
        return true
    }

    private enum Outcome {
        case kept
        case replaced([UInt8])
        case refused(code: String, reason: String)
    }

    private func check(_ value: UnsafeRawBufferPointer, _ rule: Rule) -> Outcome {
        switch rule {
        case .numeric(let rounding):
            if rounding.isKept(value) { return .kept }
            guard let rounded = rounding.rounded(value) else {
                return .refused(
                    code: "invalid_value",
                    reason: "more digits than numeric(\(rounding.precision),\(rounding.scale)) holds"
                )
            }
            return value.elementsEqual(rounded) ? .kept : .replaced(rounded)
        case .padded(let length):
            return fit(value, to: length, padding: true)
        case .limited(let length):
            return value.count <= length ? .kept : fit(value, to: length, padding: false)
        case .time(let unit):
            guard value.count == 8 else { return .kept }
            let time = Int64(bigEndian: value.loadUnaligned(as: Int64.self))
            guard time % unit != 0, time != .max, time != .min else { return .kept }
            let half = unit / 2
            let rounded = time >= 0 ? (time + half) / unit * unit : -((-time + half) / unit * unit)
            return .replaced(withUnsafeBytes(of: rounded.bigEndian, Array.init))
        }
    }

    private func fit(_ value: UnsafeRawBufferPointer, to length: Int, padding: Bool) -> Outcome {
        // Bytes that begin a character: all but UTF-8's continuation bytes.
        var characters = value.count { $0 & 0xC0 != 0x80 }
        var bytes = Array(value)
        while characters > length, bytes.last == UInt8(ascii: " ") {
            bytes.removeLast()
            characters -= 1
        }
        guard characters <= length else {
            return .refused(code: "too_long", reason: "\(characters) characters, at most \(length) fit")
        }
        if padding {
            bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: length - characters))
        }
        return bytes.count == value.count ? .kept : .replaced(bytes)
    }
}
