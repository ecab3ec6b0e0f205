import Model

/// What SQLite does with a value that is stored in a column, decided by the column's declared type.
///
/// Source: sqlite.org/datatype3.html, section 3.1. And the type table of this connector:
///
/// | declared type | affinity | `ValueType` | values that do not fit |
/// | --- | --- | --- | --- |
/// | contains `INT` | integer | int64 | real, text, blob |
/// | contains `CHAR`, `CLOB`, `TEXT` | text | text (json if it contains `JSON`) | (json) what is no JSON |
/// | contains `BLOB` | none | bytes; a text counts as its UTF-8 bytes | integer, real |
/// | contains `REAL`, `FLOA`, `DOUB` | real | float64 | text, blob |
/// | contains `BOOL` | numeric | bool | all but 0 and 1 |
/// | contains `NUM`, `DEC` | numeric | numeric | text, blob |
/// | contains `JSON` | numeric | json | what is no JSON |
/// | others: `DATE`, `DATETIME`, `UUID`, … | numeric | text | |
/// | none, `ANY` (views: expressions) | none | text | |
///
/// A column of a table that holds a value that does not fit is `text` altogether: a mapping can cast it, and rejects
/// just the records whose value cannot be cast. As text an integer is its digits, a real the shortest decimal that is
/// the same number, a blob `\x` and its hexadecimal digits. Dates are text because SQLite has no type for them:
/// applications store ISO 8601 text, Unix time or Julian days, and what is there is to survive as it is.
enum SQLiteAffinity: Sendable, Hashable {
    case integer
    case text
    case none
    case real
    case numeric

    init(declared: String, isStrict: Bool) {
        let declared = declared.uppercased()
        self =
            if declared.contains("INT") {
                .integer
            } else if Self.contains(declared, ["CHAR", "CLOB", "TEXT"]) {
                .text
            } else if declared.isEmpty || declared.contains("BLOB") || (isStrict && declared == "ANY") {
                .none
            } else if Self.contains(declared, ["REAL", "FLOA", "DOUB"]) {
                .real
            } else {
                .numeric
            }
    }

    /// The type of a column of this affinity whose values all fit.
    func type(declared: String) -> ValueType {
        let declared = declared.uppercased()
        switch self {
        case .integer:
            return .int64
        case .text:
            return declared.contains("JSON") ? .json : .text
        case .none:
            return declared.contains("BLOB") ? .bytes : .text
        case .real:
            return .float64
        case .numeric:
            if declared.contains("BOOL") { return .bool }
            if Self.contains(declared, ["NUM", "DEC"]) { return .numeric }
            return declared.contains("JSON") ? .json : .text
        }
    }

    /// An SQL condition over the quoted column that is true for the values that do not fit; nil: all fit.
    static func misfit(of type: ValueType, column: String) -> String? {
        switch type {
        case .int64: "typeof(\(column)) NOT IN ('integer', 'null')"
        case .bool: "(typeof(\(column)) NOT IN ('integer', 'null') OR \(column) NOT IN (0, 1))"
        case .float64, .numeric: "typeof(\(column)) NOT IN ('real', 'integer', 'null')"
        case .bytes: "typeof(\(column)) NOT IN ('blob', 'text', 'null')"
        // Of NULL json_valid says 0.
        case .json: "(\(column) IS NOT NULL AND (typeof(\(column)) = 'blob' OR NOT json_valid(\(column))))"
        default: nil
        }
    }

    private static func contains(_ declared: String, _ words: [String]) -> Bool {
        words.contains { declared.contains($0) }
    }
}
