import Drivers
import Model

/// Finds the rows whose key is no value of the key's type, for types that travel as text, after a look-up has failed on one.
struct PostgresKeyCheck {
    let plan: PostgresTargetPlan

    /// Outside of transactions: halves the keys where the server cannot read them.
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
            let sql = "SELECT count(v::\(field.type.name)) FROM unnest($1::text[]) AS v"
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
