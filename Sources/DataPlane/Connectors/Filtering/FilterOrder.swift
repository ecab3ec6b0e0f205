import Model

/// The order of a column's values and one literal.
struct FilterOrder: Sendable {
    /// Below, equal to or above 0; nil for bytes that are no value of the column's type.
    private let order: @Sendable (UnsafeRawBufferPointer) -> Int?

    /// - Parameter isEquality: only asked whether they are equal; some types know no more.
    init(_ column: ColumnDescription, _ constant: Constant, isEquality: Bool) throws {
        let type = column.type
        guard let (literalType, literal) = constant.canonical else {
            order = { _ in nil }
            return
        }
        guard Self.fit(literalType, type) else {
            throw SluiceError(
                .invalid,
                "filter: column \"\(column.name)\" is \(type.withArticle) and cannot be compared to "
                    + "\(Self.show(constant)); write the literal in single quotes"
            )
        }
        switch type {
        case .int16, .int32, .int64, .float32, .float64, .numeric:
            order = try Self.numbers(type, try Self.convert(literalType, literal, .numeric, column))
        case .interval:
            let right = try Self.span(try Self.convert(literalType, literal, type, column))
            order = { left in (try? Self.span(Array(left))).map { Self.sign($0, right) } }
        case .date, .time, .timestamp, .timestampWithZone:
            let right = Self.integer(try Self.convert(literalType, literal, type, column))
            order = { left in Self.sign(Self.integer(Array(left)), right) }
        case .json, .jsonBinary:
            throw SluiceError(
                .unsupported,
                "filter: column \"\(column.name)\" is \(type.withArticle), which can only be asked for NULL"
            )
        case .foreign where !isEquality:
            throw SluiceError(
                .unsupported,
                "filter: column \"\(column.name)\" is \(type.withArticle), whose order only its own system knows"
            )
        case .bool, .text, .bytes, .uuid, .foreign:
            let right = try Self.convert(literalType, literal, type, column)
            order = { left in
                left.elementsEqual(right) ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
            }
        }
    }

    /// nil: unknown, because the field is NULL.
    func compare(_ rows: RowBatch, row: Int, column: Int) -> Int? {
        rows.withField(row: row, column: column) { value in value.flatMap { order($0) } }
    }

    /// A text literal fits every column; a number needs a number, a Boolean a Boolean.
    private static func fit(_ literal: ValueType, _ column: ValueType) -> Bool {
        switch (literal, column) {
        case (.text, _), (.bool, .bool): true
        case (.int64, .int16), (.int64, .int32), (.int64, .int64), (.int64, .float32), (.int64, .float64),
            (.int64, .numeric):
            true
        case (.float64, let type): fit(.int64, type)
        default: false
        }
    }

    private static func show(_ constant: Constant) -> String {
        FilterText.render(.isIn(column: "x", [constant])).dropFirst("x in (".count).dropLast().description
    }

    private static func convert(
        _ from: ValueType,
        _ literal: [UInt8],
        _ to: ValueType,
        _ column: ColumnDescription
    ) throws -> [UInt8] {
        // As the database reads its literals.
        guard let cast = ValueCast(from: from, to: to, mayLose: true) else {
            throw SluiceError(.unsupported, "filter: no literal for column \"\(column.name)\"")
        }
        var bytes: [UInt8] = []
        do {
            try literal.withUnsafeBytes { try cast.apply($0, to: &bytes) }
        } catch {
            throw SluiceError(.invalid, "filter: column \"\(column.name)\": \(error)")
        }
        return bytes
    }

    /// Every number is compared as a numeric, which holds all of them exactly.
    private static func numbers(
        _ type: ValueType,
        _ literal: [UInt8]
    ) throws -> @Sendable (UnsafeRawBufferPointer) -> Int? {
        guard let cast = ValueCast(from: type, to: .numeric) else {
            throw SluiceError(.internal, "filter: \(type) has no numeric form")
        }
        let right = literal.withUnsafeBytes { NumericOrder($0) }
        return { left in
            var bytes: [UInt8] = []
            do throws(ValueError) {
                try cast.apply(left, to: &bytes)
            } catch {
                return nil
            }
            return NumericOrder.compare(bytes.withUnsafeBytes { NumericOrder($0) }, right)
        }
    }

    private static func span(_ bytes: [UInt8]) throws -> Int128 {
        guard bytes.count == 16 else { throw SluiceError(.invalid, "no interval") }
        return bytes.withUnsafeBytes { raw in
            let days =
                Int128(BigEndian.load(Int32.self, from: raw, at: 12)) * 30
                + Int128(BigEndian.load(Int32.self, from: raw, at: 8))
            return days * 86_400_000_000 + Int128(BigEndian.load(Int64.self, from: raw))
        }
    }

    private static func integer(_ bytes: [UInt8]) -> Int64 {
        bytes.withUnsafeBytes { raw in
            raw.count == 8
                ? BigEndian.load(Int64.self, from: raw)
                : raw.count == 4 ? Int64(BigEndian.load(Int32.self, from: raw)) : 0
        }
    }

    private static func sign<Value: Comparable>(_ left: Value, _ right: Value) -> Int {
        left == right ? 0 : left < right ? -1 : 1
    }
}

/// A canonical numeric in parts that can be ordered.
private struct NumericOrder: Sendable {
    /// -2: -infinity, -1, 0, 1, 2: infinity, 3: NaN.
    var rank: Int
    var weight: Int
    var digits: [Int16]

    /// Of valid bytes.
    init(_ bytes: UnsafeRawBufferPointer) {
        weight = Int(BigEndian.load(Int16.self, from: bytes, at: 2))
        digits = stride(from: 8, to: bytes.count, by: 2).map { BigEndian.load(Int16.self, from: bytes, at: $0) }
        while digits.last == 0 { digits.removeLast() }
        let zeros = digits.prefix { $0 == 0 }.count
        digits.removeFirst(zeros)
        weight -= zeros
        switch BigEndian.load(UInt16.self, from: bytes, at: 4) {
        case 0xC000: rank = 3
        case 0xD000: rank = 2
        case 0xF000: rank = -2
        case 0x4000: rank = digits.isEmpty ? 0 : -1
        default: rank = digits.isEmpty ? 0 : 1
        }
    }

    static func compare(_ left: NumericOrder, _ right: NumericOrder) -> Int {
        guard left.rank == right.rank else { return left.rank < right.rank ? -1 : 1 }
        guard abs(left.rank) == 1 else { return 0 }
        if left.weight != right.weight { return left.weight < right.weight ? -left.rank : left.rank }
        if left.digits == right.digits { return 0 }
        return left.digits.lexicographicallyPrecedes(right.digits) ? -left.rank : left.rank
    }
}
