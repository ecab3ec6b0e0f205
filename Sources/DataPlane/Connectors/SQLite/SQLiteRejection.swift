import Drivers
import Model

extension Rejection: Error {
    /// What SQLite's refusal of one record means; nil when it is not about the record.
    init?(_ error: SQLiteError) {
        let code: String
        switch error.condition {
        case .constraint(.notNull): code = "not_null"
        case .constraint(.unique): code = "duplicate_key"
        case .constraint(.dataType), .valueUnfit: code = "invalid_value"
        case .constraint: code = "constraint"
        default: return nil
        }
        self.init(code: code, field: Self.field(in: error), reason: error.message)
    }

    /// `UNIQUE constraint failed: contacts.email` is about `email`; several columns are about none.
    private static func field(in error: SQLiteError) -> String {
        guard error.condition == .constraint(.notNull) || error.condition == .constraint(.unique),
            let colon = error.message.firstRange(of: ": ")
        else { return "" }
        let named = error.message[colon.upperBound...]
        guard !named.contains(", "), let point = named.lastIndex(of: ".") else { return "" }
        return String(named[named.index(after: point)...])
    }
}

extension RowBatch {
    /// Appends a copy of one row of a batch of the same width.
    mutating func append(row: Int, of other: RowBatch) {
        for column in 0..<width {
            other.withField(row: row, column: column) { field in
                if let field { append(field) } else { appendNull() }
            }
        }
        endRow()
    }
}
