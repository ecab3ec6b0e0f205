/// A condition over the columns of a record: the filter language of a stream.
///
/// `column op literal` with `= != <> < <= > >=`, `column [not] in (…)`, `column is [not] null`, `column [not] like 'a%'`,
/// `and`, `or`, `not`, parentheses. Literals: numbers, 'text' (a quote is doubled), true, false. Names are plain or
/// "quoted". SQL's three-valued logic: a record passes when the condition is true.
public indirect enum Filter: Hashable, Sendable, Codable {
    case compare(column: String, Comparison, Constant)
    case isNull(column: String)
    case isIn(column: String, [Constant])
    case like(column: String, pattern: String)
    case not(Filter)
    case and(Filter, Filter)
    case or(Filter, Filter)

    public enum Comparison: String, Hashable, Sendable, Codable, CaseIterable {
        case equal = "="
        case notEqual = "<>"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    /// Columns it mentions, each once, in order of appearance.
    public var columns: [String] {
        var columns: [String] = []
        collect(into: &columns)
        return columns
    }

    private func collect(into columns: inout [String]) {
        switch self {
        case .compare(let column, _, _), .isNull(let column), .isIn(let column, _),
            .like(let column, _):
            if !columns.contains(column) { columns.append(column) }
        case .not(let inner):
            inner.collect(into: &columns)
        case .and(let left, let right), .or(let left, let right):
            left.collect(into: &columns)
            right.collect(into: &columns)
        }
    }
}
