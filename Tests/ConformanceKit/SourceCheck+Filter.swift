import Connectors
import Model

extension SourceCheck {
    private static let filters: [Filter] =
        Filter.Comparison.allCases.map { .compare(column: "visits", $0, .integer(5)) }
        + Filter.Comparison.allCases.map { .compare(column: "score", $0, .real(2.5)) }
        + [
            .compare(column: "email", .equal, .text("person-4@example.com")),
            .compare(column: "email", .notEqual, .text("PERSON-4@example.com")),
            .compare(column: "email", .equal, .text("it's \"quoted\"; -- \\")),
            .compare(column: "active", .equal, .bool(true)),
            .compare(column: "active", .notEqual, .bool(true)),
            .compare(column: "visits", .equal, .null),
            .isNull(column: "score"),
            .not(.isNull(column: "score")),
            .isIn(column: "visits", [.integer(1), .integer(3), .integer(9)]),
            .isIn(column: "visits", [.integer(1), .null]),
            .not(.isIn(column: "visits", [.integer(1), .integer(3)])),
            .not(.isIn(column: "visits", [.integer(1), .null])),
            .isIn(column: "email", [.text("person-1@example.com"), .text("x")]),
            .like(column: "email", pattern: "person-1%"),
            .like(column: "email", pattern: "PERSON-1%"),
            .like(column: "email", pattern: "person-_@%.com"),
            .not(.like(column: "email", pattern: "%1%")),
            .like(column: "email", pattern: "back\\%"),
            .not(.compare(column: "visits", .less, .integer(5))),
            .and(.compare(column: "visits", .greater, .integer(2)), .compare(column: "score", .less, .real(8))),
            .or(.compare(column: "visits", .greater, .integer(8)), .isNull(column: "active")),
            .or(.compare(column: "visits", .equal, .null), .compare(column: "id", .less, .integer(3))),
            .not(.or(.compare(column: "visits", .less, .integer(4)), .isNull(column: "active"))),
            .and(
                .or(.compare(column: "id", .less, .integer(10)), .compare(column: "id", .greater, .integer(30))),
                .not(.and(.compare(column: "active", .equal, .bool(true)), .isNull(column: "score")))
            ),
        ]

    static func checkFilter(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        var odd = SampleTable.contact(41)
        odd[1] = .text("it's \"quoted\"; -- \\")
        var escaped = SampleTable.contact(42)
        escaped[1] = .text("back\\slash")
        var none = SampleTable.contact(43)
        none[1] = .null
        try subject.insert(table, (0...40).map { SampleTable.contact($0) } + [odd, escaped, none])
        let all = try subject.rows(table)
        let source = try subject.makeSource()
        defer { source.close() }
        for filter in filters {
            let expected = all.filter { SampleCondition.holds(filter, for: $0, of: table) == true }
            let read = try read(source, scan(subject, stream, table, filter: filter), KeyRange())
            try requireEqual(read, expected, "records that pass \(filter)")
        }
    }

    static func checkFilteredCoverage(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        try subject.insert(table, (0..<100).map { SampleTable.contact($0) })
        let all = try subject.rows(table)
        let source = try subject.makeSource()
        defer { source.close() }
        for filter in filters {
            let expected = all.filter { SampleCondition.holds(filter, for: $0, of: table) == true }
            let rows = try readAll(source, scan(subject, stream, table, filter: filter), perRange: 7)
            try requireEqual(rows, expected, "records planned and read under \(filter)")
        }
    }
}

/// The filter language's meaning over sample rows; nil is SQL's unknown.
enum SampleCondition {
    static func holds(_ filter: Filter, for row: SampleRow, of table: SampleTable) -> Bool? {
        switch filter {
        case .compare(let column, let comparison, let constant):
            return compare(value(column, row, table), comparison, SampleValue(constant))
        case .isNull(let column):
            return value(column, row, table) == .null
        case .isIn(let column, let constants):
            let matches = constants.map { compare(value(column, row, table), .equal, SampleValue($0)) }
            return matches.contains(true) ? true : matches.contains(nil) ? nil : false
        case .like(let column, let pattern):
            guard case .text(let text) = value(column, row, table) else { return nil }
            return matches(Array(text)[...], Array(pattern)[...])
        case .not(let inner):
            return holds(inner, for: row, of: table).map { !$0 }
        case .and(let left, let right):
            let both = [holds(left, for: row, of: table), holds(right, for: row, of: table)]
            return both.contains(false) ? false : both.contains(nil) ? nil : true
        case .or(let left, let right):
            let both = [holds(left, for: row, of: table), holds(right, for: row, of: table)]
            return both.contains(true) ? true : both.contains(nil) ? nil : false
        }
    }

    private static func value(_ column: String, _ row: SampleRow, _ table: SampleTable) -> SampleValue {
        table.index(of: column).map { row[$0] } ?? .null
    }

    private static func compare(
        _ left: SampleValue,
        _ comparison: Filter.Comparison,
        _ right: SampleValue
    ) -> Bool? {
        guard left != .null, right != .null else { return nil }
        switch comparison {
        case .equal: return left == right
        case .notEqual: return left != right
        case .less: return isLess(left, right)
        case .lessOrEqual: return left == right || isLess(left, right)
        case .greater: return isLess(right, left)
        case .greaterOrEqual: return left == right || isLess(right, left)
        }
    }

    private static func isLess(_ left: SampleValue, _ right: SampleValue) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left < right
        case (.real(let left), .real(let right)): left < right
        default: false
        }
    }

    private static func matches(_ text: ArraySlice<Character>, _ pattern: ArraySlice<Character>) -> Bool {
        guard let wanted = pattern.first else { return text.isEmpty }
        if wanted == "%" {
            return (text.startIndex...text.endIndex).contains { matches(text[$0...], pattern.dropFirst()) }
        }
        guard let found = text.first, wanted == "_" || wanted == found else { return false }
        return matches(text.dropFirst(), pattern.dropFirst())
    }
}

extension SampleValue {
    init(_ constant: Constant) {
        self =
            switch constant {
            case .null: .null
            case .bool(let bool): .bool(bool)
            case .integer(let integer): .integer(integer)
            case .real(let real): .real(real)
            case .text(let text): .text(text)
            }
    }
}
