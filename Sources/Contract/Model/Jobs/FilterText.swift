/// Writes a filter in the filter language: what `FilterParser` reads back to an equal filter.
public enum FilterText {
    public static func render(_ filter: Filter) -> String {
        switch filter {
        case .compare(let column, let comparison, let value):
            "\(name(column)) \(comparison.rawValue) \(literal(value))"
        case .isNull(let column): "\(name(column)) is null"
        case .isIn(let column, let values): "\(name(column)) in \(list(values))"
        case .like(let column, let pattern): "\(name(column)) like \(quoted(pattern))"
        case .not(.isNull(let column)): "\(name(column)) is not null"
        case .not(.isIn(let column, let values)): "\(name(column)) not in \(list(values))"
        case .not(.like(let column, let pattern)): "\(name(column)) not like \(quoted(pattern))"
        case .not(let inner): "not \(nested(inner, isParted: isChain(inner)))"
        case .and(let left, let right):
            "\(nested(left, isParted: isOr(left))) and \(nested(right, isParted: isChain(right)))"
        case .or(let left, let right):
            "\(render(left)) or \(nested(right, isParted: isOr(right)))"
        }
    }

    private static func nested(_ filter: Filter, isParted: Bool) -> String {
        isParted ? "(\(render(filter)))" : render(filter)
    }

    private static func isOr(_ filter: Filter) -> Bool {
        if case .or = filter { return true }
        return false
    }

    private static func isChain(_ filter: Filter) -> Bool {
        if case .and = filter { return true }
        return isOr(filter)
    }

    private static func list(_ values: [Constant]) -> String {
        "(\(values.map(literal).joined(separator: ", ")))"
    }

    /// Plain where it can be, otherwise quoted.
    private static func name(_ column: String) -> String {
        let isPlain =
            column.first.map(FilterTokens.isNameStart) ?? false
            && column.allSatisfy(FilterTokens.isNamePart)
            && FilterToken.Keyword(rawValue: column.lowercased()) == nil
        return isPlain
            ? column
            : "\"\(column.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }

    private static func quoted(_ text: String) -> String {
        "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
    }

    private static func literal(_ value: Constant) -> String {
        switch value {
        case .null: "null"
        case .bool(let bool): bool ? "true" : "false"
        case .integer(let number): String(number)
        case .real(let number): number.description
        case .text(let text): quoted(text)
        }
    }
}
