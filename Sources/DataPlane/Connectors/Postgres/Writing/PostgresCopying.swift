import Drivers
import Model

/// Sends rows of a batch by binary COPY; a row that the server refuses is thrown as `RefusedRow`, the transaction being lost.
struct PostgresCopying {
    let link: PostgresLink
    let plan: PostgresTargetPlan
    /// The table as the server calls it in an error's context, and its columns for the fields of the plan.
    private let relation: String
    private let columns: [String]
    private let sql: String

    struct RefusedRow: Error {
        /// Of the batch.
        let row: Int
        let rejection: Rejection
    }

    /// Into the staging table.
    init(staging plan: PostgresTargetPlan, _ link: PostgresLink) {
        self.link = link
        self.plan = plan
        relation = plan.stageName
        columns = plan.fields.indices.map { "f\($0)" }
        sql = plan.copySQL
    }

    /// Into the table itself.
    init(direct plan: PostgresTargetPlan, _ link: PostgresLink) {
        self.link = link
        self.plan = plan
        relation = plan.table.name
        columns = plan.fields.map(\.name)
        sql = plan.directCopySQL
    }

    /// - Parameters:
    ///   - chosen: rows of the batch, in order.
    ///   - before: statements to run in the same round trip.
    ///   - after: the same, once the rows are there.
    /// - Returns: the answers to the statements before.
    @discardableResult
    func run(
        _ rows: RowBatch,
        _ chosen: [Int],
        _ leading: CopyEncoder.Leading,
        before: [String] = [],
        after: [String] = []
    ) throws -> [PostgresResult] {
        do {
            let statements = (before + [sql] + after).joined(separator: "; ")
            let answers = try link.connection.copyIn(statements) { send in
                try CopyEncoder(buffer: link.buffer).send(rows, chosen, leading, send)
            }
            let copied = answers.indices.contains(before.count) ? answers[before.count].affected : 0
            guard copied == chosen.count else {
                throw SluiceError(.internal, "\(copied) rows were copied to \(relation) instead of \(chosen.count)")
            }
            return Array(answers.prefix(before.count))
        } catch let error as PostgresError {
            guard PostgresFailure.isOfRow(error), let (line, field) = place(error.context),
                chosen.indices.contains(line - 1)
            else { throw error }
            var rejection = PostgresSifting(plan: plan).rejection(error)
            rejection.field = field ?? rejection.field
            throw RefusedRow(row: chosen[line - 1], rejection: rejection)
        }
    }

    /// From the last line of the context, `COPY sluice_stage_1, line 3, column f2`; others may name lines of a value or function.
    private func place(_ context: String?) -> (line: Int, field: String?)? {
        guard let context, let start = context.ranges(of: "COPY \(relation), line ").last else { return nil }
        let rest = context[start.upperBound...]
        guard let line = Int(rest.prefix(while: \.isNumber)) else { return nil }
        let column = rest.firstRange(of: ", column ").map { rest[$0.upperBound...] }
        let index = column.flatMap { column in columns.firstIndex { $0 == column } }
        return (line, index.map { plan.fields[$0].name })
    }
}
