import Drivers
import Model

/// What only the server knows of keys: which are no values of their type, and which are the same.
struct PostgresKeyCheck {
    let plan: PostgresTargetPlan

    /// The rows whose key, to the server, is that of an earlier one. Inside the write's transaction.
    func repeated(
        _ link: PostgresLink,
        _ rows: RowBatch,
        skipping rejections: [Int: Rejection]
    ) throws -> [Int: Rejection] {
        let asked = (0..<rows.count).filter { rejections[$0] == nil }
        guard asked.count > 1 else { return [:] }
        let arrays = KeyArrays(rows, plan: plan, only: asked)
        let found = try link.connection.query(PostgresStatement(plan.repeatedSQL, arrays.parameters))
        var repeated: [Int: Rejection] = [:]
        withExtendedLifetime(found) {
            for place in 0..<found.rows {
                let numbers = (0..<2).compactMap { column in
                    found.unsafeField(row: place, column: column).map {
                        Int($0.loadUnaligned(as: Int64.self).bigEndian) - 1
                    }
                }
                guard numbers.count == 2 else { continue }
                repeated[asked[numbers[0]]] = Rejection(
                    code: "duplicate_key",
                    field: "",
                    reason: "to the destination the key is that of record \(asked[numbers[1]] + 1) of its batch already"
                )
            }
        }
        return repeated
    }

    /// Of keys that travel as text, those that are no values of their type, after a look-up has failed on one. Outside of
    /// transactions: halves the keys where the server cannot read them.
    func refused(
        _ link: PostgresLink,
        _ rows: RowBatch,
        skipping rejections: [Int: Rejection]
    ) throws -> [Int: Rejection] {
        var refused: [Int: Rejection] = [:]
        for column in plan.key where plan.fields[column].type.isForeign {
            let asked = (0..<rows.count).filter { rejections[$0] == nil && refused[$0] == nil }
            try halve(link, rows, column, asked[...], &refused)
        }
        return refused
    }

    private func halve(
        _ link: PostgresLink,
        _ rows: RowBatch,
        _ column: Int,
        _ asked: ArraySlice<Int>,
        _ refused: inout [Int: Rejection]
    ) throws {
        guard let first = asked.first else { return }
        let field = plan.fields[column]
        let arrays = KeyArrays(rows, plan: plan, only: Array(asked), columns: [column])
        do {
            let sql = "SELECT count(v::\(field.type.baseName)) FROM unnest($1::text[]) AS v"
            _ = try link.connection.query(PostgresStatement(sql, arrays.parameters))
        } catch let error as PostgresError where PostgresFailure.isOfRow(error) {
            guard asked.count > 1 else {
                refused[first] = Rejection(code: "invalid_value", field: field.name, reason: error.message)
                return
            }
            let middle = asked.startIndex + asked.count / 2
            try halve(link, rows, column, asked[..<middle], &refused)
            try halve(link, rows, column, asked[middle...], &refused)
        }
    }
}
