import Model

/// Decides a filter on records that are already read, for sources that cannot do it themselves.
///
/// As PostgreSQL decides it: three-valued logic, floats where NaN equals itself and is the greatest, spans of time with months
/// of 30 days. Text is compared by its bytes (the collation `C`). A literal in quotes is read as a value of the column's type.
struct FilterEvaluator: Sendable {
    /// true, false, or nil: unknown.
    typealias Test = @Sendable (_ rows: RowBatch, _ row: Int) -> Bool?

    private let test: Test

    /// - Parameter columns: of the batches to be filtered, in their order.
    /// - Throws: `notFound` for a column that is not among them, `invalid` for a literal that is no value of its column's type,
    ///   `unsupported` for a type that has no such comparison.
    init(_ filter: Filter, columns: [ColumnDescription]) throws {
        test = try Self.compile(filter, columns)
    }

    /// Whether the filter is true of the record.
    func passes(_ rows: RowBatch, row: Int) -> Bool {
        test(rows, row) == true
    }

    private static func compile(_ filter: Filter, _ columns: [ColumnDescription]) throws -> Test {
        switch filter {
        case .isNull(let name):
            let column = try find(name, columns)
            return { rows, row in rows.isNull(row: row, column: column) }
        case .compare(let name, let comparison, let constant):
            let column = try find(name, columns)
            let order = try FilterOrder(columns[column], constant, isEquality: comparison.isEquality)
            return { rows, row in
                order.compare(rows, row: row, column: column).map(comparison.holds)
            }
        case .isIn(let name, let constants):
            let column = try find(name, columns)
            let orders = try constants.map { try FilterOrder(columns[column], $0, isEquality: true) }
            return { rows, row in
                let found = orders.map { $0.compare(rows, row: row, column: column) }
                return found.contains(0) ? true : found.contains(nil) ? nil : false
            }
        case .like(let name, let pattern):
            let column = try find(name, columns)
            guard columns[column].type == .text else {
                throw SluiceError(
                    .unsupported,
                    "filter: column \"\(name)\" is \(columns[column].type.withArticle), like needs a text"
                )
            }
            let like = LikePattern(pattern)
            return { rows, row in
                rows.withField(row: row, column: column) { value in value.map { like.matches($0) } }
            }
        case .not(let inner):
            let inner = try compile(inner, columns)
            return { rows, row in inner(rows, row).map { !$0 } }
        case .and(let left, let right):
            let (left, right) = (try compile(left, columns), try compile(right, columns))
            return { rows, row in
                let first = left(rows, row)
                if first == false { return false }
                let second = right(rows, row)
                return second == false ? false : (first == nil || second == nil ? nil : true)
            }
        case .or(let left, let right):
            let (left, right) = (try compile(left, columns), try compile(right, columns))
            return { rows, row in
                let first = left(rows, row)
                if first == true { return true }
                let second = right(rows, row)
                return second == true ? true : (first == nil || second == nil ? nil : false)
            }
        }
    }

    private static func find(_ name: String, _ columns: [ColumnDescription]) throws -> Int {
        guard let index = columns.firstIndex(where: { $0.name == name }) else {
            throw SluiceError(
                .notFound,
                "the filter names column \"\(name)\", but there are only "
                    + columns.map(\.name).joined(separator: ", ")
            )
        }
        return index
    }
}

extension Filter.Comparison {
    var isEquality: Bool { self == .equal || self == .notEqual }

    /// - Parameter order: below, equal to or above 0 as the left side is to the right.
    func holds(_ order: Int) -> Bool {
        switch self {
        case .equal: order == 0
        case .notEqual: order != 0
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        }
    }
}

/// A pattern of SQL's `like`: `%` any characters, `_` one character. There is no escape, as in every other source.
struct LikePattern: Sendable {
    private enum Part: Sendable {
        case byte(UInt8)
        case one
        case any
    }

    private let parts: [Part]

    init(_ pattern: String) {
        parts = pattern.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "%"): .any
            case UInt8(ascii: "_"): .one
            default: .byte(byte)
            }
        }
    }

    /// Goes back only to the last `%`, so that the time is at most the product of both lengths.
    func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        var part = 0
        var position = 0
        var retry: (part: Int, position: Int)?
        while true {
            if part < parts.count, case .any = parts[part] {
                part += 1
                retry = (part, position)
                continue
            }
            if part == parts.count, position == text.count { return true }
            if part < parts.count, position < text.count {
                switch parts[part] {
                case .byte(let byte) where byte == text[position]:
                    part += 1
                    position += 1
                    continue
                case .one:
                    part += 1
                    position = Self.next(text, position)
                    continue
                default: break
                }
            }
            guard let again = retry, again.position < text.count else { return false }
            let position2 = Self.next(text, again.position)
            retry = (again.part, position2)
            part = again.part
            position = position2
        }
    }

    /// Behind the UTF-8 character at `position`.
    private static func next(_ text: UnsafeRawBufferPointer, _ position: Int) -> Int {
        var position = position + 1
        while position < text.count, text[position] & 0xC0 == 0x80 { position += 1 }
        return position
    }
}
