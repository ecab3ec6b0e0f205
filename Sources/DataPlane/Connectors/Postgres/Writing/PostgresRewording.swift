import Drivers

/// Finds rows that differ from what is there in wording only: `{"a": 1}` against `{"a":1}`, `10.0.0.1/32` against `10.0.0.1`.
///
/// Between two PostgreSQL databases values arrive in their final form and this asks nothing.
struct PostgresRewording {
    let plan: PostgresTargetPlan

    /// The rows planned as updates whose values, brought to their final form by the server, are the existing ones.
    func run(
        _ link: PostgresLink,
        _ rows: RowBatch,
        _ existing: ExistingRows,
        _ plans: [RowPlan],
        skipping rejections: [Int: Rejection]
    ) throws -> [Int] {
        let columns = plan.reworded.filter { plan.settable.contains($0) }
        guard !columns.isEmpty, plans.contains(.update) else { return [] }
        let others = RowComparison.plans(
            rows,
            existing,
            columns: plan.settable.filter { !columns.contains($0) }
        )
        let asked = plans.indices.filter {
            plans[$0] == .update && others[$0] == .unchanged && rejections[$0] == nil
        }
        guard !asked.isEmpty else { return [] }
        let arrays = KeyArrays(rows, plan: plan, only: asked, columns: columns)
        let answers: [PostgresResult]
        do {
            answers = try link.connection.pipeline([
                PostgresStatement("SAVEPOINT wording"),
                PostgresStatement(question(columns), arrays.parameters),
                PostgresStatement("RELEASE wording"),
            ])
        } catch let error as PostgresError {
            guard !error.isConnectionLost else { throw error }
            // A value that is none of its type: its row is found when it is written.
            try link.connection.execute("ROLLBACK TO wording")
            return []
        }
        guard answers.count == 3 else { return [] }
        let final = answers[1]
        return withExtendedLifetime(final) {
            (0..<final.rows).compactMap { index in
                guard let number = final.unsafeField(row: index, column: 0) else { return nil }
                let row = asked[Int(number.loadUnaligned(as: Int64.self).bigEndian) - 1]
                let place = Int(existing.places[row])
                let isSame = columns.enumerated().allSatisfy { position, column in
                    let value = final.unsafeField(row: index, column: position + 1)
                    return existing.fields.withField(row: place, column: column) { now in
                        guard let value, let now else { return value == nil && now == nil }
                        return value.elementsEqual(now)
                    }
                }
                return isSame ? row : nil
            }
        }
    }

    private func question(_ columns: [Int]) -> String {
        let types = columns.map { plan.fields[$0].type }
        let arrays = types.enumerated().map { "$\($0 + 1)::\($1.isForeign ? "text" : $1.baseName)[]" }
        let names = columns.indices.map { "v\($0)" }
        let values = zip(names, types).map { name, type in
            "v.\(name)::\(type.assigned)" + (type.isForeign ? "::text" : "")
        }
        return """
            SELECT v.n, \(values.joined(separator: ", "))
            FROM unnest(\(arrays.joined(separator: ", "))) WITH ORDINALITY AS v(\(names.joined(separator: ", ")), n)
            """
    }
}
