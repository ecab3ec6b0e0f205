import Drivers
import Model

/// Deletes what a stream has written and its source has no longer.
struct PostgresMirror {
    let plan: PostgresTargetPlan
    let ledger: PostgresLedger

    private var table: String { plan.table.qualifiedName }

    /// The condition that the table's row `d` has the key of a row of a ledger's table.
    private func isRow(of table: String) -> String { plan.keyMatch(ledger.keyList(of: table)) }

    // MARK: Owning

    /// Enters the keys of the staged rows that were written, but for those of some rows of the batch.
    func ownSQL(except rows: [Int] = []) -> String {
        let keys = plan.key.map(plan.staged).joined(separator: ", ")
        let condition = rows.isEmpty ? "" : " WHERE s.ord <> ALL ('{\(rows.map(String.init).joined(separator: ","))}')"
        return """
            INSERT INTO \(ledger.owned) (\(ledger.keys())) SELECT \(keys) FROM \(plan.stageTable) AS s\(condition)
            ON CONFLICT DO NOTHING
            """
    }

    // MARK: Planning

    /// - Throws: `unsupported` where deleting a row would do more than that.
    func requireDeletable(_ session: PostgresSession, as name: String) throws {
        let what = "\(session.place): table \"\(name)\" cannot be mirrored to"
        let answer = try session.run(
            """
            SELECT k.conrelid::regclass || ' (constraint ' || quote_ident(k.conname) || ')' FROM pg_constraint k
            WHERE k.confrelid = \(plan.table.oid) AND k.contype = 'f' AND k.confdeltype IN ('c', 'n', 'd') LIMIT 1
            """
        )
        guard answer.rows > 0 else { return }
        throw SluiceError(
            .unsupported,
            "\(what): to delete a row would change rows of \(answer.text(row: 0, column: 0) ?? ""), which references it ON DELETE"
                + " CASCADE, SET NULL or SET DEFAULT, and nobody would know of them; make it ON DELETE RESTRICT, or use write mode"
                + " upsert"
        )
    }

    /// What the stream has written, no record has the key of and is still there, numbered once and for all.
    func planDeletes(_ session: PostgresSession) throws -> DeletePlan {
        try ledger.alone(
            session,
            """
            SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on;
            DELETE FROM \(ledger.owned) AS o WHERE NOT EXISTS (SELECT FROM \(ledger.seen) AS s WHERE \(ledger.match("s", "o")))
                AND NOT EXISTS (SELECT FROM \(table) AS d WHERE \(isRow(of: "o")));
            INSERT INTO \(ledger.gone) (n, \(ledger.keys()))
                SELECT row_number() OVER (ORDER BY \(ledger.keys(of: "o"))), \(ledger.keys(of: "o")) FROM \(ledger.owned) AS o
                WHERE NOT EXISTS (SELECT FROM \(ledger.seen) AS s WHERE \(ledger.match("s", "o")))
                    AND NOT EXISTS (SELECT FROM \(ledger.gone))
            """
        )
        let counts = try session.run(
            """
            SELECT (SELECT count(*) FROM \(ledger.gone)), (SELECT count(*) FROM \(ledger.owned)),
                (SELECT coalesce(sum(records), 0) FROM \(ledger.keyless))
            """
        )
        func count(_ column: Int) -> Int { counts.text(row: 0, column: column).flatMap { Int($0) } ?? 0 }
        return DeletePlan(rows: count(0), owned: count(1), keyless: count(2))
    }

    // MARK: Deleting

    /// Opens a transaction and deletes: what RETURNING gives is what was there, and nobody else can change it any more.
    func delete(
        _ numbers: ClosedRange<Int>,
        _ link: PostgresLink
    ) throws -> (staged: StagedWrite, rows: RowBatch) {
        let opened = try link.connection.execute(
            """
            BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET CONSTRAINTS ALL IMMEDIATE;
            SELECT pg_current_xact_id()::text
            """
        )
        let deleted = Found(width: plan.fields.count)
        var refused: [Int: Rejection] = [:]
        try delete(numbers, link, into: deleted, &refused)
        let kept = Found(width: plan.fields.count)
        if deleted.places.count < numbers.count {
            kept.add(try link.connection.query(statement("SELECT g.n, \(plan.read) FROM \(joined)", numbers)))
        }
        for number in kept.places.keys where refused[number] == nil {
            refused[number] = Rejection(
                code: "constraint",
                field: "",
                reason: "a trigger or a policy of the table kept the row"
            )
        }
        let but =
            refused.keys.isEmpty ? "" : " AND g.n NOT IN (\(refused.keys.map(String.init).joined(separator: ", ")))"
        _ = try link.connection.query(
            statement(
                "DELETE FROM \(ledger.owned) AS o USING \(ledger.gone) AS g WHERE \(between) AND \(ledger.match("o", "g"))\(but)",
                numbers
            )
        )
        return result(numbers, deleted, kept, refused, opened.last?.text(row: 0, column: 0) ?? "", link)
    }

    private func result(
        _ numbers: ClosedRange<Int>,
        _ deleted: Found,
        _ kept: Found,
        _ refused: [Int: Rejection],
        _ transaction: String,
        _ link: PostgresLink
    ) -> (staged: StagedWrite, rows: RowBatch) {
        let plans = numbers.map { number -> RowPlan in
            refused[number] != nil ? .reject : deleted.places[number] != nil ? .delete : .unchanged
        }
        let rejections = refused.map { ($0.key - numbers.lowerBound, $0.value) }
        let staged = StagedWrite(
            transaction: transaction,
            system: link.system,
            plans: plans,
            before: deleted.rows.selecting(numbers.compactMap { deleted.places[$0] }),
            rejections: Dictionary(uniqueKeysWithValues: rejections),
            isApplied: true
        )
        var rows = RowBatch(width: plan.fields.count)
        for number in numbers {
            let place = refused[number].flatMap { _ in kept.places[number] }
            for column in plan.fields.indices {
                if let value = place.flatMap({ kept.rows.field(row: Int($0), column: column) }) {
                    rows.append(value)
                } else {
                    rows.appendNull()
                }
            }
            rows.endRow()
        }
        return (staged, rows)
    }

    private var between: String { "g.n BETWEEN $1 AND $2" }
    private var joined: String { "\(ledger.gone) AS g JOIN \(table) AS d ON \(isRow(of: "g")) WHERE \(between)" }

    private func statement(_ sql: String, _ numbers: ClosedRange<Int>) -> PostgresStatement {
        PostgresStatement(
            sql,
            [numbers.lowerBound, numbers.upperBound].map { number in
                .binary(withUnsafeBytes(of: Int64(number).bigEndian, Array.init), type: 20)
            }
        )
    }

    /// Halves the numbers where the server does not let go of some row.
    private func delete(
        _ numbers: ClosedRange<Int>,
        _ link: PostgresLink,
        into deleted: Found,
        _ refused: inout [Int: Rejection]
    ) throws {
        try link.connection.execute("SAVEPOINT piece")
        do {
            let answer = try link.connection.query(
                statement(
                    """
                    DELETE FROM \(table) AS d USING \(ledger.gone) AS g WHERE \(between) AND \(isRow(of: "g"))
                    RETURNING g.n, \(plan.read)
                    """,
                    numbers
                )
            )
            deleted.add(answer)
        } catch let error as PostgresError where plan.isOfRow(error) && !error.isConnectionLost {
            try link.connection.execute("ROLLBACK TO piece")
            if numbers.count == 1 {
                refused[numbers.lowerBound] = PostgresSifting(plan: plan).rejection(error)
            } else {
                let middle = numbers.lowerBound + numbers.count / 2
                try delete(numbers.lowerBound...(middle - 1), link, into: deleted, &refused)
                try delete(middle...numbers.upperBound, link, into: deleted, &refused)
            }
        }
        try link.connection.execute("RELEASE piece")
    }
}

/// Rows of an answer whose first column is their number among those to be deleted.
private final class Found {
    private(set) var rows: RowBatch
    /// By number.
    private(set) var places: [Int: Int32] = [:]

    init(width: Int) {
        rows = RowBatch(width: width)
    }

    func add(_ answer: PostgresResult) {
        withExtendedLifetime(answer) {
            for row in 0..<answer.rows {
                guard let number = answer.unsafeField(row: row, column: 0) else { continue }
                places[Int(number.loadUnaligned(as: Int64.self).bigEndian)] = Int32(rows.count)
                for column in 1..<answer.columns {
                    if let value = answer.unsafeField(row: row, column: column) {
                        rows.append(value)
                    } else {
                        rows.appendNull()
                    }
                }
                rows.endRow()
            }
        }
    }
}
