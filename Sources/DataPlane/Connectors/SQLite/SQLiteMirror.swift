import Drivers
import Model

/// Deletes what a stream has written and its source has no longer.
struct SQLiteMirror {
    private let target: SQLiteTarget
    private let ledger: SQLiteLedger
    private let connection: SQLiteConnection

    init(_ target: SQLiteTarget, on connection: SQLiteConnection) throws {
        guard let ledger = target.ledger, ledger.ledger.isMirror else {
            throw SluiceError(.internal, "table \"\(target.target.table)\" is not mirrored to")
        }
        self.target = target
        self.ledger = ledger
        self.connection = connection
    }

    /// What the stream has written, no record has the key of and is still there, numbered once and for all.
    func plan() throws -> DeletePlan {
        let unseen = "NOT EXISTS (SELECT 1 FROM \(ledger.seen) AS s WHERE \(ledger.match("s", "o")))"
        let table = FilterSQL.identifier(target.target.table)
        try SQLiteLedger.alone(
            connection,
            [
                """
                DELETE FROM \(ledger.owned) AS o WHERE \(unseen)
                AND NOT EXISTS (SELECT 1 FROM \(table) AS d WHERE \(target.isRow(of: "o")))
                """,
                """
                INSERT INTO \(ledger.gone) (n, \(ledger.keys()))
                SELECT row_number() OVER (ORDER BY \(ledger.keys(of: "o"))), \(ledger.keys(of: "o")) FROM \(ledger.owned) AS o
                WHERE \(unseen) AND NOT EXISTS (SELECT 1 FROM \(ledger.gone))
                """,
            ]
        )
        return DeletePlan(
            rows: try count("SELECT count(*) FROM \(ledger.gone)"),
            owned: try count("SELECT count(*) FROM \(ledger.owned)"),
            keyless: try count("SELECT coalesce(sum(records), 0) FROM \(ledger.keyless)")
        )
    }

    private func count(_ sql: String) throws -> Int {
        let statement = try connection.statement(sql)
        defer { statement.reset() }
        _ = try statement.step()
        return Int(statement.integer(at: 0))
    }

    /// Deletes inside the open transaction, one row after the other; a row that the table does not let go is undone alone.
    func delete(_ numbers: ClosedRange<Int>) throws -> (staged: StagedWrite, rows: RowBatch) {
        let width = target.codecs.count
        var plans: [RowPlan] = []
        var before = RowBatch(width: width)
        var rows = RowBatch(width: width)
        var rejections: [Int: Rejection] = [:]
        let keys = try connection.statement("SELECT \(ledger.keys()) FROM \(ledger.gone) WHERE n = ?")
        let disown = try connection.statement(
            "DELETE FROM \(ledger.owned) WHERE \(ledger.keyList(of: "").map { "\($0) = ?" }.joined(separator: " AND "))"
        )
        for number in numbers {
            defer { keys.reset() }
            try keys.bind(.integer(Int64(number)), at: 1)
            guard try keys.step() else {
                throw SluiceError(.internal, "\(ledger.gone) has no number \(number)")
            }
            let key = target.target.key.indices.map { keys.value(at: $0) }
            let found = try delete(key)
            switch found {
            case .success(nil):
                plans.append(.unchanged)
            case .success(let row?):
                plans.append(.delete)
                before.append(row: 0, of: row)
            case .failure(let kept):
                plans.append(.reject)
                rejections[number - numbers.lowerBound] = kept.rejection
                rows.append(row: 0, of: kept.row)
                continue
            }
            for _ in 0..<width { rows.appendNull() }
            rows.endRow()
            try run(disown, key)
        }
        let staged = StagedWrite(
            transaction: "",
            system: "",
            plans: plans,
            before: before,
            rejections: rejections,
            isApplied: true
        )
        return (staged, rows)
    }

    private struct Kept: Error {
        var rejection: Rejection
        var row: RowBatch
    }

    /// What the row was; nil: it is gone already.
    private func delete(_ key: [SQLiteValue]) throws -> Result<RowBatch?, Kept> {
        guard let (row, misfit) = try read(key) else { return .success(nil) }
        if let misfit { return .failure(Kept(rejection: misfit, row: row)) }
        var rejection: Rejection?
        try connection.statement("SAVEPOINT one_row").run()
        do {
            try run(try connection.statement(target.delete), key)
            if connection.hasDeferredViolations {
                rejection = Rejection(code: "constraint", field: "", reason: "FOREIGN KEY constraint failed")
            } else if try read(key) != nil {
                rejection = Rejection(code: "constraint", field: "", reason: "a trigger of the table kept the row")
            }
        } catch let error as SQLiteError {
            guard let refusal = Rejection(error), connection.isInTransaction else { throw error }
            rejection = refusal
        }
        if rejection != nil { try connection.statement("ROLLBACK TO one_row").run() }
        try connection.statement("RELEASE one_row").run()
        return rejection.map { .failure(Kept(rejection: $0, row: row)) } ?? .success(row)
    }

    private func run(_ statement: SQLiteStatement, _ key: [SQLiteValue]) throws {
        defer { statement.reset() }
        for (place, value) in key.enumerated() { try statement.bind(value, at: place + 1) }
        while try statement.step() {}
    }

    /// The row, and what of it the journal could not say.
    private func read(_ key: [SQLiteValue]) throws -> (row: RowBatch, misfit: Rejection?)? {
        let select = try connection.statement(target.select)
        defer { select.reset() }
        for (place, value) in key.enumerated() { try select.bind(value, at: place + 1) }
        guard try select.step() else { return nil }
        var row = RowBatch(width: target.codecs.count)
        var misfit: Rejection?
        for (place, codec) in target.codecs.enumerated() {
            guard !codec.fits(select.value(at: place)) || !codec.append(select.value(at: place), to: &row) else {
                continue
            }
            row.appendNull()
            misfit = Rejection(
                code: "invalid_value",
                field: target.target.fields[place].name,
                reason: "the destination's record holds a value that is not \(codec.type.withArticle)"
            )
        }
        row.endRow()
        return (row, misfit)
    }
}
