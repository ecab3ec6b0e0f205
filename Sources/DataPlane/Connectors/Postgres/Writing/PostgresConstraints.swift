import Drivers
import Model

/// Asks the table's constraints about all staged rows at once, which costs little more than a scan each. What they do
/// not catch (expressions, exclusions, rows of the batch against one another) is left to sifting.
struct PostgresConstraints {
    let plan: PostgresTargetPlan

    /// The staged rows that a constraint refuses, after the server has refused some. Nothing is written.
    func refused(_ link: PostgresLink) throws -> [Int: Rejection] {
        // A trigger may change a row before the constraints see it.
        guard !plan.traits.hasTriggers else { return [:] }
        let questions = try notNull() + checks(link) + references(link) + uniques()
        guard !questions.isEmpty else { return [:] }
        let answer: PostgresResult?
        do {
            try link.connection.execute("SAVEPOINT asking")
            answer = try link.connection.execute(questions.joined(separator: " UNION ALL ")).last
        } catch let error as PostgresError {
            guard !error.isConnectionLost else { throw error }
            // A condition that fails on some value: the rows have to be tried.
            try link.connection.execute("ROLLBACK TO asking")
            return [:]
        }
        guard let answer else { return [:] }
        var refused: [Int: Rejection] = [:]
        for index in 0..<answer.rows {
            guard let row = answer.text(row: index, column: 0).flatMap({ Int($0) }), refused[row] == nil else {
                continue
            }
            refused[row] = PostgresSifting(plan: plan).rejection(
                PostgresError(
                    sqlState: answer.text(row: index, column: 1),
                    message: answer.text(row: index, column: 2) ?? "",
                    detail: answer.text(row: index, column: 3),
                    column: answer.text(row: index, column: 4)
                )
            )
        }
        return refused
    }

    /// One question: staged row, SQLSTATE, message, detail, column.
    private func question(
        _ state: String,
        _ message: String,
        detail: String = "NULL",
        field: String? = nil,
        row: String = "s.ord",
        _ rest: String
    ) -> String {
        let column = field.map(PostgresName.literal) ?? "NULL"
        return
            "SELECT \(row), '\(state)', \(PostgresName.literal(message)), \(detail)::text, \(column)::text FROM \(rest)"
    }

    private func notNull() -> [String] {
        func message(_ column: String) -> String {
            "null value in column \"\(column)\" of relation \"\(plan.table.name)\" violates not-null constraint"
        }
        let fields = plan.fields.enumerated().filter { !$1.isNullable }.map { index, field in
            question(
                "23502",
                message(field.name),
                field: field.name,
                "\(plan.stageTable) AS s WHERE s.f\(index) IS NULL"
            )
        }
        let required = plan.table.columns.filter { column in
            !column.isNullable && !column.hasDefault && !column.isGenerated
                && !plan.fields.contains { $0.name == column.name }
        }
        return fields
            + required.map { column in
                question(
                    "23502",
                    message(column.name),
                    field: column.name,
                    "\(plan.stageTable) AS s WHERE s.old_ctid IS NULL"
                )
            }
    }

    private func checks(_ link: PostgresLink) throws -> [String] {
        let found = try link.connection.execute(
            """
            SELECT conname, pg_get_expr(conbin, conrelid), array_to_string(conkey, ' ') FROM pg_constraint
            WHERE conrelid = \(plan.table.oid) AND contype = 'c'
            """
        )[0]
        return (0..<found.rows).compactMap { row in
            let name = found.text(row: row, column: 0) ?? ""
            guard let condition = found.text(row: row, column: 1),
                let places = places(found.text(row: row, column: 2)), !places.isEmpty
            else { return nil }
            let columns = places.map { "\(plan.staged($0)) AS \(PostgresName.quoted(plan.fields[$0].name))" }
            let field = places.count == 1 ? plan.fields[places[0]].name : nil
            return question(
                "23514",
                "new row for relation \"\(plan.table.name)\" violates check constraint \"\(name)\"",
                field: field,
                row: "\"#ord\"",
                """
                (SELECT s.ord AS "#ord", \(columns.joined(separator: ", ")) FROM \(plan.stageTable) AS s)
                AS \(PostgresName.quoted(plan.table.name)) WHERE NOT (\(condition))
                """
            )
        }
    }

    private func references(_ link: PostgresLink) throws -> [String] {
        let found = try link.connection.execute(
            """
            SELECT k.conname, array_to_string(k.conkey, ' '), quote_ident(n.nspname) || '.' || quote_ident(c.relname),
                (SELECT string_agg(quote_ident(a.attname), ' ' ORDER BY p.n) FROM unnest(k.confkey) WITH ORDINALITY p(num, n)
                    JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = p.num), c.relname
            FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE k.conrelid = \(plan.table.oid) AND k.contype = 'f' AND k.confmatchtype = 's' AND k.conrelid <> k.confrelid
            """
        )[0]
        return (0..<found.rows).compactMap { row in
            let name = found.text(row: row, column: 0) ?? ""
            let referenced = (found.text(row: row, column: 3) ?? "").split(separator: " ").map(String.init)
            guard let places = places(found.text(row: row, column: 1)), places.count == referenced.count else {
                return nil
            }
            let present = places.map { "s.f\($0) IS NOT NULL" }.joined(separator: " AND ")
            let match = zip(referenced, places).map { "r.\($0) = \(plan.staged($1))" }.joined(separator: " AND ")
            let table = found.text(row: row, column: 2) ?? ""
            return question(
                "23503",
                "insert or update on table \"\(plan.table.name)\" violates foreign key constraint \"\(name)\"",
                detail: detail(places, "is not present in table \"\(found.text(row: row, column: 4) ?? "")\"."),
                field: places.count == 1 ? plan.fields[places[0]].name : nil,
                "\(plan.stageTable) AS s WHERE \(present) AND NOT EXISTS (SELECT FROM \(table) AS r WHERE \(match))"
            )
        }
    }

    /// Rows whose value another row holds that this batch does not write; those that it writes may give it up.
    private func uniques() -> [String] {
        guard !plan.traits.hasPartitions else { return [] }
        let key = plan.isAppend ? [] : Set(plan.key.map { plan.fields[$0].name })
        return plan.table.indexes.filter { $0.isPlainUnique && $0.isImmediate && Set($0.columns) != key }
            .compactMap { index in
                let places = index.columns.compactMap { name in plan.fields.firstIndex { $0.name == name } }
                guard places.count == index.columns.count else { return nil }
                let match = places.map { "d.\(plan.column($0)) = \(plan.staged($0))" }.joined(separator: " AND ")
                return question(
                    "23505",
                    "duplicate key value violates unique constraint on (\(index.columns.joined(separator: ", ")))",
                    detail: detail(places, "already exists."),
                    field: places.count == 1 ? plan.fields[places[0]].name : nil,
                    """
                    \(plan.stageTable) AS s JOIN \(plan.table.qualifiedName) AS d ON \(match)
                    WHERE d.ctid <> ALL (ARRAY(SELECT k.old_ctid FROM \(plan.stageTable) k WHERE k.old_ctid IS NOT NULL))
                    """
                )
            }
    }

    private func detail(_ places: [Int], _ end: String) -> String {
        let names = places.map { plan.fields[$0].name }.joined(separator: ", ")
        let values = places.map { "s.f\($0)::text" }.joined(separator: ", ")
        return
            "\(PostgresName.literal("Key (\(names))=(")) || concat_ws(', ', \(values)) || \(PostgresName.literal(") \(end)"))"
    }

    /// The fields of a constraint's columns; nil when one is not written by this stream.
    private func places(_ numbers: String?) -> [Int]? {
        let numbers = (numbers ?? "").split(separator: " ")
        let places = numbers.compactMap { number in plan.fields.firstIndex { $0.number == Int(number) } }
        return places.count == numbers.count ? places : nil
    }
}
