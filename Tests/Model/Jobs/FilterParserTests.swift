import Model
import Testing

struct FilterParserTests {
    @Test(arguments: [
        ("a = 1", Filter.compare(column: "a", .equal, .integer(1))),
        ("a != -1.5", .compare(column: "a", .notEqual, .real(-1.5))),
        ("a<>'it''s'", .compare(column: "a", .notEqual, .text("it's"))),
        ("A >= TRUE", .compare(column: "A", .greaterOrEqual, .bool(true))),
        ("a < .5", .compare(column: "a", .less, .real(0.5))),
        ("a <= 1e3", .compare(column: "a", .lessOrEqual, .real(1000))),
        ("a > +7", .compare(column: "a", .greater, .integer(7))),
        ("\"my \"\"col\"\"\" is null", .isNull(column: "my \"col\"")),
        ("\"and\" IS NOT NULL", .not(.isNull(column: "and"))),
        ("a in (1, 'x', false)", .isIn(column: "a", [.integer(1), .text("x"), .bool(false)])),
        ("a not in (2)", .not(.isIn(column: "a", [.integer(2)]))),
        ("größe_1$ like 'a%'", .like(column: "größe_1$", pattern: "a%")),
        ("a not like '_'", .not(.like(column: "a", pattern: "_"))),
        (
            "a is null or b is null and c is null",
            .or(.isNull(column: "a"), .and(.isNull(column: "b"), .isNull(column: "c")))
        ),
        (
            "(a is null or b is null) and not c is null",
            .and(.or(.isNull(column: "a"), .isNull(column: "b")), .not(.isNull(column: "c")))
        ),
        (
            "a is null and b is null and c is null",
            .and(.and(.isNull(column: "a"), .isNull(column: "b")), .isNull(column: "c"))
        ),
        ("not not (a is null)", .not(.not(.isNull(column: "a")))),
    ])
    func `a filter is read, and what is written of it reads back`(text: String, filter: Filter) throws {
        #expect(try FilterParser.parse(text) == filter)
        #expect(try FilterParser.parse(FilterText.render(filter)) == filter)
    }

    @Test(arguments: [
        ("", "filter, character 1: found the end, allowed: a column, not or ("),
        ("a", "filter, character 2: found the end, allowed: =, <>, <, <=, >, >=, is, in, like, not in, not like"),
        ("a == 1", "filter, character 4: found =, allowed: a number, a text in single quotes, true or false"),
        ("a = b", "filter, character 5: found b, allowed: a number, a text in single quotes, true or false"),
        (
            "a = null",
            "filter, character 5: found null, allowed: a literal; whether a column is NULL is asked with is null"
        ),
        ("5 = a", "filter, character 1: found 5, allowed: a column, not or ("),
        ("a = 1 b", "filter, character 7: found b, allowed: and, or or the end"),
        ("(a = 1", "filter, character 7: found the end, allowed: and, or or )"),
        ("a is 1", "filter, character 6: found 1, allowed: null or not null"),
        ("a is not 1", "filter, character 10: found 1, allowed: null"),
        ("a not 1", "filter, character 7: found 1, allowed: in or like"),
        ("a in 1", "filter, character 6: found 1, allowed: ("),
        ("a in ()", "filter, character 7: found ), allowed: a number, a text in single quotes, true or false"),
        ("a in (1 2)", "filter, character 9: found 2, allowed: \",\" or )"),
        ("a like 1", "filter, character 8: found 1, allowed: a pattern in single quotes"),
        ("a = 'x", "filter, character 5: the text that begins here has no closing '"),
        ("\"a = 1", "filter, character 1: the name that begins here has no closing \""),
        ("a = 1; drop", "filter, character 6: \";\" has no meaning here"),
        (
            "a = 99999999999999999999",
            "filter, character 5: \"99999999999999999999\" is not an int64: out of range "
                + "(-9223372036854775808 to 9223372036854775807)"
        ),
        ("a = 1x", "filter, character 5: \"1x\" is not an int64: \"x\" at character 2, the end is expected"),
        (String(repeating: "(", count: 101), "filter, character 101: nested deeper than 100 levels"),
    ])
    func `an error names the place, what is there and what is allowed`(text: String, message: String) {
        let error = #expect(throws: SluiceError.self) { try FilterParser.parse(text) }
        #expect(error?.code == .invalid)
        #expect(error?.message == message)
    }

    @Test func `a filter has at most a thousand conditions`() throws {
        let list = (1...1_000).map { "a = \($0)" }
        #expect(try FilterParser.parse(list.joined(separator: " or ")).columns == ["a"])
        let error = #expect(throws: SluiceError.self) {
            try FilterParser.parse((list + ["a = 0"]).joined(separator: " or "))
        }
        #expect(error?.message.hasSuffix("more than 1000 conditions") == true)
    }

    @Test func `any filter reads back from its text`() throws {
        for seed in 1...2_000 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let filter = Self.filter(depth: 4, using: &generator)
            let text = FilterText.render(filter)
            #expect(try FilterParser.parse(text) == filter, "seed \(seed): \(text)")
        }
    }

    private static func filter(depth: Int, using generator: inout SeededGenerator) -> Filter {
        let columns = ["a", "not", "my col", "x\"y", "émile", "_1"]
        let column = columns.randomElement(using: &generator) ?? "a"
        let comparison = Filter.Comparison.allCases.randomElement(using: &generator) ?? .equal
        switch Int.random(in: 0..<(depth > 0 ? 7 : 4), using: &generator) {
        case 0: return .compare(column: column, comparison, constant(using: &generator))
        case 1: return .isNull(column: column)
        case 2: return .isIn(column: column, (0...2).map { _ in constant(using: &generator) })
        case 3: return .like(column: column, pattern: "%it's_")
        case 4: return .not(filter(depth: depth - 1, using: &generator))
        case 5:
            return .and(filter(depth: depth - 1, using: &generator), filter(depth: depth - 1, using: &generator))
        default:
            return .or(filter(depth: depth - 1, using: &generator), filter(depth: depth - 1, using: &generator))
        }
    }

    private static func constant(using generator: inout SeededGenerator) -> Constant {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: .bool(Bool.random(using: &generator))
        case 1: .integer(Int64(bitPattern: generator.next()))
        case 2: .real(Double.random(in: -1e20...1e20, using: &generator))
        default: .text(["", "'", "äöü", "a''b"].randomElement(using: &generator) ?? "")
        }
    }
}
