import Model

/// A `Filter` as an SQL condition, so that the source evaluates it.
///
/// Whoever renders one has checked that its columns exist: SQLite takes an unknown quoted name for a text.
enum FilterSQL {
    enum Dialect {
        /// `standard_conforming_strings` is on, as it is by default.
        case postgres
        /// With `PRAGMA case_sensitive_like = ON`, so that LIKE means the same everywhere.
        case sqlite
    }

    /// The condition, safe to put behind WHERE and to join to others with AND.
    ///
    /// - Throws: `invalid` for a constant that SQL text cannot carry.
    static func render(_ filter: Filter, dialect: Dialect) throws(SluiceError) -> String {
        switch filter {
        case .compare(let column, let comparison, let constant):
            return "(\(identifier(column)) \(comparison.rawValue) \(try literal(constant)))"
        case .isNull(let column):
            return "(\(identifier(column)) IS NULL)"
        case .isIn(let column, let constants):
            var literals: [String] = []
            for constant in constants {
                literals.append(try literal(constant))
            }
            guard !literals.isEmpty else { return "(1 = 0)" }
            return "(\(identifier(column)) IN (\(literals.joined(separator: ", "))))"
        case .like(let column, let pattern):
            // PostgreSQL would take a backslash for an escape; the filter language has none.
            let escape = dialect == .postgres ? " ESCAPE ''" : ""
            return "(\(identifier(column)) LIKE \(try literal(.text(pattern)))\(escape))"
        case .not(let inner):
            return "(NOT \(try render(inner, dialect: dialect)))"
        case .and(let left, let right):
            return "(\(try render(left, dialect: dialect)) AND \(try render(right, dialect: dialect)))"
        case .or(let left, let right):
            return "(\(try render(left, dialect: dialect)) OR \(try render(right, dialect: dialect)))"
        }
    }

    /// A name in double quotes, as it is.
    static func identifier(_ name: String) -> String {
        "\"\(name.replacing("\"", with: "\"\""))\""
    }

    static func literal(_ constant: Constant) throws(SluiceError) -> String {
        switch constant {
        case .null:
            return "NULL"
        case .bool(let bool):
            return bool ? "TRUE" : "FALSE"
        case .integer(let integer):
            return String(integer)
        case .real(let real):
            guard real.isFinite else {
                throw SluiceError(.invalid, "filter: \(real) is no number to compare with")
            }
            return "\(real)"
        case .text(let text):
            guard !text.utf8.contains(0) else {
                throw SluiceError(.invalid, "filter: a text to compare with holds a zero byte")
            }
            return "'\(text.replacing("'", with: "''"))'"
        }
    }
}
