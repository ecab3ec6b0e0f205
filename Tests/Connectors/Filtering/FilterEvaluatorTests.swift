import Model
import Testing

@testable import Connectors

struct FilterEvaluatorTests {
    private static let columns = [
        ("i", "int64"), ("f", "float64"), ("n", "numeric"), ("t", "text"), ("b", "bool"), ("d", "date"),
        ("z", "timestamptz"), ("v", "interval"), ("u", "uuid"), ("y", "bytes"), ("e", "foreign:mood"), ("j", "json"),
    ].map { ColumnDescription(name: $0, type: ValueType($1) ?? .text, nativeType: $1) }
    private static let record: [String?] = [
        "7", "0.5", "12345678901234567890.5", "Größe", "t", "2024-02-29", "2024-02-29 12:00:00+00", "1 mon",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "\\x00ff", "happy", "{}",
    ]

    @Test(arguments: [
        ("i = 7", true), ("i <> 7", false), ("i < 7.5", true), ("i > '6'", true), ("i in (1, 7)", true),
        ("f = 0.5", true), ("f < 1", true), ("f > -1e300", true), ("f < 'NaN'", true), ("f < 'Infinity'", true),
        ("n > 12345678901234567", true), ("n = '12345678901234567890.50'", true), ("n < 1e20", true), ("n > -1", true),
        ("t = 'Größe'", true), ("t < 'H'", true), ("t like 'Gr%'", true), ("t like 'Gr__e'", true),
        ("t like '%e'", true), ("t like 'Gr_e'", false), ("t like '%ö%e%'", true), ("t like ''", false),
        ("t not like '%x%'", true), ("t like 'Gr\\%'", false),
        ("b = true", true), ("b = 'no'", false), ("b > false", true),
        ("d = '2024-02-29'", true), ("d > '2024-02-28'", true), ("d < 'infinity'", true),
        ("z >= '2024-02-29T13:00+01:00'", true), ("z > '2024-02-29 12:00'", false),
        ("v = '30 days'", true), ("v > '29 days 23:59:59'", true), ("v < '-1 mons'", false),
        ("u = 'A0EEBC999C0B4EF8BB6D6BB9BD380A11'", true), ("y = '\\x00ff'", true), ("y < '\\x01'", true),
        ("e = 'happy'", true), ("e not in ('sad', 'ok')", true), ("j is not null", true), ("i is null", false),
        ("not (i = 7 and f = 1)", true), ("i = 8 or t = 'Größe'", true),
    ])
    func `a filter is decided as PostgreSQL decides it`(text: String, isTrue: Bool) throws {
        #expect(try passes(text, Self.record) == isTrue)
    }

    @Test(arguments: [
        ("i = 1", false), ("not i = 1", false), ("i is null", true), ("i = 1 or i is null", true),
        ("i = 1 and i is null", false), ("not (i = 1 and b = true)", false), ("i in (1, 2)", false),
        ("i not in (1, 2)", false), ("t like '%'", false), ("not (i = 1 or b = false)", false),
        ("not (i is null and i = 1)", false), ("i = 1 or d is null", true),
    ])
    func `what is compared to NULL is unknown, and unknown does not pass`(text: String, isTrue: Bool) throws {
        #expect(try passes(text, Self.record.map { _ in nil }) == isTrue)
    }

    @Test(arguments: [
        (
            "x = 1", ErrorCode.notFound,
            "the filter names column \"x\", but there are only i, f, n, t, b, d, z, v, u, y, e, j"
        ),
        (
            "t = 5", .invalid,
            "filter: column \"t\" is a text and cannot be compared to 5; write the literal in single quotes"
        ),
        (
            "i = 'x'", .invalid,
            "filter: column \"i\": \"x\" is not a numeric: \"x\" at character 1, a number is expected"
        ),
        (
            "d = 'today'", .invalid,
            "filter: column \"d\": \"today\" is not a date: \"t\" at character 1, a date YYYY-MM-DD is expected"
        ),
        ("e > 'a'", .unsupported, "filter: column \"e\" is a mood, whose order only its own system knows"),
        ("j = '{}'", .unsupported, "filter: column \"j\" is a json, which can only be asked for NULL"),
        ("i like '7'", .unsupported, "filter: column \"i\" is an int64, like needs a text"),
    ])
    func `a filter that cannot be decided says why`(text: String, code: ErrorCode, message: String) throws {
        let error = #expect(throws: SluiceError.self) { try passes(text, Self.record) }
        #expect(error?.code == code)
        #expect(error?.message == message)
    }

    private func passes(_ text: String, _ record: [String?]) throws -> Bool {
        let evaluator = try FilterEvaluator(try FilterParser.parse(text), columns: Self.columns)
        var rows = RowBatch(width: record.count)
        for (index, value) in record.enumerated() {
            guard let value else {
                rows.appendNull()
                continue
            }
            var bytes: [UInt8] = []
            try ValueText.parse(value, as: Self.columns[index].type, into: &bytes)
            rows.append(bytes)
        }
        rows.endRow()
        return evaluator.passes(rows, row: 0)
    }
}
