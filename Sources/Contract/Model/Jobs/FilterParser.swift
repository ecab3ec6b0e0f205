/// Reads the filter language; its words are in the comment of `Filter`.
public struct FilterParser {
    /// The most levels of `not` and parentheses.
    public static let depthMax = 100
    /// The most conditions, literals of a list included.
    public static let conditionsMax = 1_000

    private static let operators = "=, <>, <, <=, >, >=, is, in, like"

    private let tokens: [FilterToken]
    private var index = 0
    private var depth = 0
    private var conditions = 0

    /// - Throws: `SluiceError.invalid` with the place, what was found there and what is allowed.
    public static func parse(_ text: String) throws -> Filter {
        var tokens = FilterTokens(text)
        var parser = FilterParser(tokens: try tokens.all())
        let filter = try parser.disjunction()
        guard parser.next.kind == .end else { throw parser.unexpected("and, or or the end") }
        return filter
    }

    private init(tokens: [FilterToken]) {
        self.tokens = tokens
    }

    private var next: FilterToken { tokens[index] }

    private mutating func take(_ keyword: FilterToken.Keyword) -> Bool {
        take(.keyword(keyword))
    }

    private mutating func take(symbol: String) -> Bool {
        take(.symbol(symbol))
    }

    private mutating func take(_ kind: FilterToken.Kind) -> Bool {
        guard next.kind == kind else { return false }
        index += 1
        return true
    }

    private func unexpected(_ allowed: String) -> SluiceError {
        let found = next.kind == .end ? "the end" : next.source
        return SluiceError(.invalid, "filter, character \(next.position): found \(found), allowed: \(allowed)")
    }

    private mutating func disjunction() throws -> Filter {
        var filter = try conjunction()
        while take(.or) { filter = .or(filter, try conjunction()) }
        return filter
    }

    private mutating func conjunction() throws -> Filter {
        var filter = try negation()
        while take(.and) { filter = .and(filter, try negation()) }
        return filter
    }

    private mutating func negation() throws -> Filter {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else {
            throw SluiceError(
                .invalid,
                "filter, character \(next.position): nested deeper than \(Self.depthMax) levels"
            )
        }
        if take(.not) { return .not(try negation()) }
        if take(symbol: "(") {
            let inner = try disjunction()
            guard take(symbol: ")") else { throw unexpected("and, or or )") }
            return inner
        }
        return try condition()
    }

    private mutating func condition() throws -> Filter {
        try countCondition()
        guard case .name(let column) = next.kind else {
            throw unexpected("a column, not or (")
        }
        index += 1
        if take(.isWord) {
            let isNegated = take(.not)
            guard take(.null) else { throw unexpected(isNegated ? "null" : "null or not null") }
            return isNegated ? .not(.isNull(column: column)) : .isNull(column: column)
        }
        if take(.not) {
            if take(.inWord) { return .not(try list(column)) }
            if take(.like) { return .not(try like(column)) }
            throw unexpected("in or like")
        }
        if take(.inWord) { return try list(column) }
        if take(.like) { return try like(column) }
        guard case .symbol(let symbol) = next.kind,
            let comparison = Filter.Comparison(rawValue: symbol == "!=" ? "<>" : symbol)
        else { throw unexpected("\(Self.operators), not in, not like") }
        index += 1
        return .compare(column: column, comparison, try literal())
    }

    private mutating func list(_ column: String) throws -> Filter {
        guard take(symbol: "(") else { throw unexpected("(") }
        var values = [try literal()]
        while take(symbol: ",") {
            try countCondition()
            values.append(try literal())
        }
        guard take(symbol: ")") else { throw unexpected("\",\" or )") }
        return .isIn(column: column, values)
    }

    private mutating func like(_ column: String) throws -> Filter {
        guard case .text(let pattern) = next.kind else { throw unexpected("a pattern in single quotes") }
        index += 1
        return .like(column: column, pattern: pattern)
    }

    private mutating func literal() throws -> Constant {
        let value: Constant
        switch next.kind {
        case .text(let text): value = .text(text)
        case .keyword(.trueWord): value = .bool(true)
        case .keyword(.falseWord): value = .bool(false)
        case .number(let digits): value = try number(digits)
        case .keyword(.null): throw unexpected("a literal; whether a column is NULL is asked with is null")
        default: throw unexpected("a number, a text in single quotes, true or false")
        }
        index += 1
        return value
    }

    private func number(_ digits: String) throws -> Constant {
        var bytes: [UInt8] = []
        let isWhole = !digits.contains { ".eE".contains($0) }
        do {
            try ValueText.parse(digits, as: isWhole ? .int64 : .float64, into: &bytes)
        } catch {
            throw SluiceError(.invalid, "filter, character \(next.position): \(error)")
        }
        let bits = bytes.withUnsafeBytes { BigEndian.load(UInt64.self, from: $0) }
        return isWhole ? .integer(Int64(bitPattern: bits)) : .real(Double(bitPattern: bits))
    }

    private mutating func countCondition() throws {
        conditions += 1
        guard conditions <= Self.conditionsMax else {
            throw SluiceError(
                .invalid,
                "filter, character \(next.position): more than \(Self.conditionsMax) conditions"
            )
        }
    }
}
