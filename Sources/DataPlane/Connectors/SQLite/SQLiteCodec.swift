import Drivers
import Model

#if canImport(Glibc)
import Glibc
#endif

/// Carries the values of one column between SQLite's storage classes and the canonical encoding of the column's type.
struct SQLiteCodec {
    let type: ValueType
    let affinity: SQLiteAffinity

    /// What SQLite will hold after storing a field with these canonical bytes; text and blobs point into them.
    ///
    /// What SQLite would silently convert on storing (a number spelled as text in a numeric column, a NaN) is
    /// converted here, so that what is bound is what will be read.
    ///
    /// - Throws: why the field cannot be stored.
    func stored(_ bytes: UnsafeRawBufferPointer?) throws(SQLiteMisfit) -> SQLiteValue {
        guard let bytes else { return .null }
        switch type {
        case .int64:
            guard bytes.count == 8 else { throw malformed(bytes) }
            return .integer(BigEndian.load(from: bytes))
        case .bool:
            guard bytes.count == 1, bytes[0] < 2 else { throw malformed(bytes) }
            return .integer(Int64(bytes[0]))
        case .float64:
            guard bytes.count == 8 else { throw malformed(bytes) }
            return try real(Double(bitPattern: BigEndian.load(from: bytes)))
        case .numeric:
            var text: [UInt8] = []
            guard ValueText.append(bytes, as: .numeric, to: &text) else { throw malformed(bytes) }
            return try number(String(decoding: text, as: UTF8.self))
        case .bytes:
            return .blob(bytes)
        default:
            return try converted(bytes)
        }
    }

    /// Appends the canonical bytes of what SQLite holds.
    ///
    /// - Returns: false, with nothing appended, for a value that does not fit the column's type.
    func append(_ value: SQLiteValue, to batch: inout RowBatch) -> Bool {
        guard fits(value) else { return false }
        switch (type, value) {
        case (_, .null):
            batch.appendNull()
        case (.bool, .integer(let integer)):
            withUnsafeBytes(of: UInt8(integer)) { batch.append($0) }
        case (.float64, .integer(let integer)):
            withUnsafeBytes(of: Double(integer).bitPattern.bigEndian) { batch.append($0) }
        case (.numeric, .integer(let integer)):
            return appendNumeric(String(integer), to: &batch)
        case (.numeric, .real(let real)):
            return appendNumeric(real.isFinite ? String(real) : real < 0 ? "-Infinity" : "Infinity", to: &batch)
        case (.int64, .integer(let integer)):
            withUnsafeBytes(of: integer.bigEndian) { batch.append($0) }
        case (_, .integer(let integer)):
            batch.append(String(integer).utf8)
        case (.float64, .real(let real)):
            withUnsafeBytes(of: real.bitPattern.bigEndian) { batch.append($0) }
        case (_, .real(let real)):
            batch.append(String(real).utf8)
        case (.text, .blob(let bytes)):
            var text: [UInt8] = []
            _ = ValueText.append(bytes, as: .bytes, to: &text)
            batch.append(text)
        case (_, .text(let bytes)), (_, .blob(let bytes)):
            batch.append(bytes)
        }
        return true
    }

    /// Whether the column's type has bytes for the value.
    func fits(_ value: SQLiteValue) -> Bool {
        switch (type, value) {
        case (_, .null), (.int64, .integer), (.numeric, .integer), (.numeric, .real), (.float64, .real),
            (.bytes, .blob), (.bytes, .text), (.text, _), (.json, .text), (.json, .integer), (.json, .real):
            true
        case (.bool, .integer(let integer)):
            integer == 0 || integer == 1
        case (.float64, .integer(let integer)):
            Int64(exactly: Double(integer)) == integer
        default:
            false
        }
    }

    /// Whether the two are the same value to whoever reads the column in its type.
    func isSame(_ left: SQLiteValue, _ right: SQLiteValue) -> Bool {
        switch (left, right) {
        case (.null, .null): return true
        case (.null, _), (_, .null): return false
        case (.integer(let left), .integer(let right)): return left == right
        case (.real(let left), .real(let right)): return left == right
        case (.text(let left), .text(let right)), (.blob(let left), .blob(let right)):
            guard left.count == right.count, let start = left.baseAddress, let other = right.baseAddress
            else { return left.count == right.count }
            return memcmp(start, other, left.count) == 0
        default:
            var both = RowBatch(width: 1)
            guard append(left, to: &both), append(right, to: &both) else { return false }
            return both.bytes.prefix(Int(both.lengths[0])).elementsEqual(both.bytes.dropFirst(Int(both.starts[1])))
        }
    }

    /// Storing a value of this column may change its bytes: digits that SQLite drops, a zero that loses its sign.
    var mayAlter: Bool {
        switch type {
        case .float64, .numeric: true
        case .text, .json: convertsText
        default: false
        }
    }

    /// Whether reading back `stored` would give other bytes than `bytes`, which it was made of.
    func isAltered(_ bytes: UnsafeRawBufferPointer?, by stored: SQLiteValue) -> Bool {
        guard let bytes else { return false }
        switch (type, stored) {
        case (.float64, .real(let real)):
            return real.bitPattern != BigEndian.load(UInt64.self, from: bytes)
        case (_, .text), (_, .blob):
            return false
        default:
            var read = RowBatch(width: 1)
            return !append(stored, to: &read) || !read.bytes.elementsEqual(bytes)
        }
    }

    /// Text in a column of this affinity becomes a number where it spells one.
    private var convertsText: Bool {
        switch affinity {
        case .integer, .real, .numeric: true
        case .text, .none: false
        }
    }

    private func appendNumeric(_ text: String, to batch: inout RowBatch) -> Bool {
        var bytes: [UInt8] = []
        do {
            try ValueText.parse(text, as: .numeric, into: &bytes)
        } catch {
            return false
        }
        batch.append(bytes)
        return true
    }

    private func converted(_ bytes: UnsafeRawBufferPointer) throws(SQLiteMisfit) -> SQLiteValue {
        guard convertsText, let spelled = SQLiteNumber.spelled(by: bytes) else { return .text(bytes) }
        return try number(spelled)
    }

    private func number(_ text: String) throws(SQLiteMisfit) -> SQLiteValue {
        if let integer = Int64(text) {
            return affinity == .real ? try real(Double(integer)) : .integer(integer)
        }
        guard let value = Double(text) else {
            throw SQLiteMisfit(code: "invalid_value", reason: "SQLite has no number \(text)")
        }
        guard value.isFinite || !text.contains(where: \.isNumber) else {
            throw SQLiteMisfit(code: "invalid_value", reason: "\(text) is too large for SQLite's numbers")
        }
        // A numeric column keeps a whole number as an integer, but for the two at the ends.
        if affinity != .real, let whole = Int64(exactly: value), whole != .max, whole != .min {
            return .integer(whole)
        }
        return try real(value)
    }

    private func real(_ value: Double) throws(SQLiteMisfit) -> SQLiteValue {
        guard !value.isNaN else {
            throw SQLiteMisfit(code: "invalid_value", reason: "SQLite stores NaN as NULL")
        }
        // A real column keeps zero as an integer, which has no sign.
        return .real(value == 0 ? 0 : value)
    }

    private func malformed(_ bytes: UnsafeRawBufferPointer) -> SQLiteMisfit {
        SQLiteMisfit(code: "invalid_value", reason: "\(bytes.count) bytes are not \(type.withArticle)")
    }
}

/// Why a value cannot be stored in, or read from, a column.
struct SQLiteMisfit: Error {
    var code: String
    var reason: String
}
