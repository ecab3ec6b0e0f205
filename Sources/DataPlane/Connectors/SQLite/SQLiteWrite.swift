import Drivers
import Model

/// One write inside an open transaction: what is decided for each row, and its execution.
final class SQLiteWrite: SQLiteChange {
    let identity: WriteIdentity
    let target: SQLiteTarget
    let rows: RowBatch
    private let connection: SQLiteConnection
    /// One per row once `decide` is through.
    private(set) var plans: [RowPlan] = []
    private(set) var rejections: [Int: Rejection]
    private(set) var before: RowBatch
    /// Rows whose key is spelled otherwise than the key in the table.
    private var respelled: Set<Int> = []
    /// SQLite will hold other bytes than were handed over.
    private var isAltered = false
    private let allColumns: [Int]
    var isApplied = false
    var table: String { target.target.table }

    init(
        _ identity: WriteIdentity,
        to target: SQLiteTarget,
        rows: RowBatch,
        rejections: [Int: Rejection],
        on connection: SQLiteConnection
    ) {
        self.identity = identity
        self.target = target
        self.rows = rows
        self.rejections = rejections
        self.connection = connection
        before = RowBatch(width: rows.width)
        allColumns = Array(target.codecs.indices)
    }

    /// Reads the rows as they are and decides what happens to each.
    func decide() throws {
        plans.reserveCapacity(rows.count)
        let select = target.target.isInsertOnly ? nil : try connection.statement(target.select)
        defer { select?.reset() }
        for row in 0..<rows.count {
            guard rejections[row] == nil else {
                plans.append(.reject)
                continue
            }
            let outcome = try withValues(of: row) { values, fields in
                try decide(row, values, fields, select)
            }
            switch outcome {
            case .success(let plan):
                plans.append(plan)
            case .failure(let rejection):
                plans.append(.reject)
                rejections[row] = rejection
            }
        }
        try enterRejected()
    }

    /// Enters the key of a row into the ledger; false: an earlier record of the run has entered it.
    private func enter(_ key: [SQLiteValue]) throws -> Bool {
        guard let ledger = target.ledger else { return true }
        let statement = try connection.statement(ledger.enter)
        defer { statement.reset() }
        for (place, value) in key.enumerated() { try statement.bind(value, at: place + 1) }
        while try statement.step() {}
        return connection.changes == 1
    }

    /// Records that are not written have their keys all the same; those without one are counted.
    private func enterRejected() throws {
        guard let ledger = target.ledger else { return }
        var keyless = 0
        for row in rejections.keys.sorted() {
            let outcome = try withValues(of: row, columns: target.target.key) { key, _ in
                let hasNull = key.contains { if case .null = $0 { true } else { false } }
                guard !hasNull else { return .success(.reject) }
                _ = try enter(key)
                return .success(.unchanged)
            }
            if case .success(.unchanged) = outcome { continue }
            keyless += 1
        }
        guard ledger.ledger.isMirror, keyless > 0 else { return }
        try connection.execute("INSERT INTO \(ledger.keyless) VALUES (\(keyless))")
    }

    /// Makes the written rows the stream's own, where it is mirrored. Once they are written.
    func own() throws {
        guard let ledger = target.ledger, ledger.ledger.isMirror else { return }
        let statement = try connection.statement(ledger.own)
        for row in 0..<rows.count where plans[row] == .insert || plans[row] == .update {
            _ = try withValues(of: row, columns: target.target.key) { key, _ in
                defer { statement.reset() }
                for (place, value) in key.enumerated() { try statement.bind(value, at: place + 1) }
                while try statement.step() {}
                return .success(plans[row])
            }
        }
    }

    /// Executes the inserts and updates, except for rows that the table refuses.
    ///
    /// - Parameter isCareful: undoes whatever a refused row has done, and finds the rows that leave a deferred
    ///   foreign key violated, at the cost of a savepoint for each row.
    /// - Returns: the rows refused. With `isInTransaction` false afterwards a trigger has rolled back everything.
    func execute(isCareful: Bool) throws -> [Int: Rejection] {
        var refused: [Int: Rejection] = [:]
        for row in 0..<rows.count where plans[row] == .insert || plans[row] == .update {
            if isCareful { try connection.statement("SAVEPOINT one_row").run() }
            var refusal = try execute(row)
            guard connection.isInTransaction else {
                refused[row] = refusal
                return refused
            }
            if isCareful {
                if refusal == nil, connection.hasDeferredViolations {
                    refusal = Rejection(code: "constraint", field: "", reason: "FOREIGN KEY constraint failed")
                }
                if refusal != nil { try connection.statement("ROLLBACK TO one_row").run() }
                try connection.statement("RELEASE one_row").run()
            }
            refused[row] = refusal
        }
        return refused
    }

    /// Turns the plans of rows that `execute` refused into rejections and takes their before-images away.
    func reject(_ refused: [Int: Rejection]) {
        guard !refused.isEmpty else { return }
        var kept = RowBatch(width: before.width)
        var place = 0
        for row in 0..<rows.count where plans[row] == .update {
            if refused[row] == nil { kept.append(row: place, of: before) }
            place += 1
        }
        before = kept
        for (row, rejection) in refused {
            plans[row] = .reject
            rejections[row] = rejection
        }
    }

    /// What SQLite will hold of the inserted and updated rows; nil: what was handed over.
    func foreseen() -> RowBatch? {
        guard isAltered else { return nil }
        var after = RowBatch(width: rows.width)
        for row in 0..<rows.count where plans[row] == .insert || plans[row] == .update {
            // The row has been through this once, in `decide`, and was not rejected.
            _ = withValues(of: row) { values, _ in
                for (field, value) in values.enumerated() {
                    _ = target.codecs[field].append(value, to: &after)
                }
                after.endRow()
                return .success(plans[row])
            }
        }
        return after
    }

    /// What the table holds of the inserted and updated rows now that they are written.
    ///
    /// - Returns: the rows, or those that cannot be found or read again.
    func readBack() throws -> Result<RowBatch, WriteFailure> {
        var after = RowBatch(width: rows.width)
        var lost: [Int: Rejection] = [:]
        let select = try connection.statement(target.select)
        defer { select.reset() }
        for row in 0..<rows.count where plans[row] == .insert || plans[row] == .update {
            _ = try withValues(of: row) { values, _ in
                defer { select.reset() }
                try bindKey(values, to: select, from: 1)
                guard try select.step() else {
                    lost[row] = Rejection(
                        code: "constraint",
                        field: "",
                        reason: "a trigger of the table removed the record or changed its key"
                    )
                    return .success(plans[row])
                }
                if let misfit = misfit(in: select) {
                    lost[row] = misfit
                    return .success(plans[row])
                }
                append(select, to: &after)
                return .success(plans[row])
            }
        }
        return lost.isEmpty ? .success(after) : .failure(.rejected(lost))
    }

    private func decide(
        _ row: Int,
        _ values: [SQLiteValue],
        _ fields: [UnsafeRawBufferPointer?],
        _ select: SQLiteStatement?
    ) throws -> Result<RowPlan, Rejection> {
        for (place, field) in target.target.fields.enumerated() {
            let isKey = !target.target.isAppend && target.target.key.contains(place)
            if case .null = values[place], isKey || !field.isNullable {
                return .failure(
                    Rejection(
                        code: "not_null",
                        field: field.name,
                        reason: isKey ? "the key is NULL" : "the column does not take NULL"
                    )
                )
            }
        }
        guard try enter(target.target.key.map { values[$0] }) else { return .failure(.keyOfEarlierRecord) }
        guard let select else {
            noteAlterations(values, fields)
            return .success(.insert)
        }
        defer { select.reset() }
        try bindKey(values, to: select, from: 1)
        guard try select.step() else {
            noteAlterations(values, fields)
            return .success(.insert)
        }
        var hasChanged = false
        for (place, codec) in target.codecs.enumerated()
        where !codec.isSame(select.value(at: place), values[place]) {
            hasChanged = true
            if target.target.key.contains(place) { respelled.insert(row) }
        }
        guard hasChanged else { return .success(.unchanged) }
        if let misfit = misfit(in: select) { return .failure(misfit) }
        append(select, to: &before)
        noteAlterations(values, fields)
        return .success(.update)
    }

    private func execute(_ row: Int) throws -> Rejection? {
        let isUpdate = plans[row] == .update
        let usesAll = !isUpdate || respelled.contains(row) || target.update == nil
        let sql = isUpdate ? (usesAll ? target.updateAll : target.update ?? target.updateAll) : target.insert
        let statement = try connection.statement(sql)
        let set = usesAll ? Array(target.codecs.indices) : target.updated
        let outcome = try withValues(of: row) { values, _ in
            defer { statement.reset() }
            for (place, field) in set.enumerated() {
                try statement.bind(values[field], at: place + 1)
            }
            if isUpdate { try bindKey(values, to: statement, from: set.count + 1) }
            do {
                while try statement.step() {}
            } catch let error as SQLiteError {
                guard let rejection = Rejection(error) else { throw error }
                return .failure(rejection)
            }
            guard connection.changes == 1 else {
                return .failure(
                    Rejection(code: "constraint", field: "", reason: "a trigger of the table left the record out")
                )
            }
            return .success(plans[row])
        }
        if case .failure(let rejection) = outcome { return rejection }
        return nil
    }

    private func bindKey(
        _ values: [SQLiteValue],
        to statement: SQLiteStatement,
        from first: Int
    ) throws {
        for (place, field) in target.target.key.enumerated() {
            try statement.bind(values[field], at: first + place)
        }
    }

    /// What the table holds and no bytes of the column's type can say.
    private func misfit(in row: SQLiteStatement) -> Rejection? {
        for (place, codec) in target.codecs.enumerated() where !codec.fits(row.value(at: place)) {
            return Rejection(
                code: "invalid_value",
                field: target.target.fields[place].name,
                reason: "the destination's record holds a value that is not \(codec.type.withArticle)"
            )
        }
        return nil
    }

    private func append(_ row: SQLiteStatement, to batch: inout RowBatch) {
        for (place, codec) in target.codecs.enumerated() {
            let isThere = codec.append(row.value(at: place), to: &batch)
            precondition(isThere, "a value of \(target.target.fields[place].name) fitted and now does not")
        }
        batch.endRow()
    }

    private func noteAlterations(_ values: [SQLiteValue], _ fields: [UnsafeRawBufferPointer?]) {
        guard !isAltered else { return }
        for (place, codec) in target.codecs.enumerated()
        where codec.mayAlter && codec.isAltered(fields[place], by: values[place]) {
            isAltered = true
        }
    }

    /// Lends the row's fields and what SQLite will hold of them; fails when one cannot be stored.
    ///
    /// - Parameter columns: of the fields, in the order wanted; nil: all.
    private func withValues(
        of row: Int,
        columns: [Int]? = nil,
        _ body: (_ values: [SQLiteValue], _ fields: [UnsafeRawBufferPointer?]) throws -> Result<RowPlan, Rejection>
    ) rethrows -> Result<RowPlan, Rejection> {
        try rows.bytes.withUnsafeBytes { arena in
            var values: [SQLiteValue] = []
            var fields: [UnsafeRawBufferPointer?] = []
            values.reserveCapacity(rows.width)
            fields.reserveCapacity(rows.width)
            for column in columns ?? allColumns {
                let codec = target.codecs[column]
                let place = row * rows.width + column
                let start = Int(rows.starts[place])
                let length = Int(rows.lengths[place])
                let field = length < 0 ? nil : UnsafeRawBufferPointer(rebasing: arena[start..<(start + length)])
                fields.append(field)
                do throws(SQLiteMisfit) {
                    values.append(try codec.stored(field))
                } catch {
                    let name = target.target.fields[column].name
                    return .failure(Rejection(code: error.code, field: name, reason: error.reason))
                }
            }
            return try body(values, fields)
        }
    }
}
