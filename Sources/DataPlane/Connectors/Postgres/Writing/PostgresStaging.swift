import Drivers
import Model

/// One staged write: what the transaction holds and what `apply` will do with it.
struct OpenWrite {
    let identity: WriteIdentity
    let plan: PostgresTargetPlan
    let transaction: String
    /// As handed to `stage`, for finding the rows that the server refuses.
    let rows: RowBatch
    let rejections: [Int: Rejection]
    let updates: Int
    let inserts: Int
    var isApplied: Bool
    /// It puts this new table in place.
    var replacement: PostgresReplacement?

    init(
        _ identity: WriteIdentity,
        _ plan: PostgresTargetPlan,
        _ staged: StagedWrite,
        of rows: RowBatch,
        _ rejections: [Int: Rejection]
    ) {
        self.identity = identity
        self.plan = plan
        self.rows = rows
        self.rejections = rejections
        transaction = staged.transaction
        updates = staged.plans.count { $0 == .update }
        inserts = staged.plans.count { $0 == .insert }
        isApplied = staged.isApplied
    }
}

/// Brings one batch to the destination: reads what is there, compares, copies what differs, and writes it at once
/// where only the server knows what becomes of it. Errors of the driver pass through; the caller rolls back.
struct PostgresStaging {
    let link: PostgresLink
    let identity: WriteIdentity
    let plan: PostgresTargetPlan
    private(set) var rows: RowBatch
    private(set) var rejections: [Int: Rejection]
    private var isNormalized = false

    /// Most rows whose bytes the server may refuse one by one while they are copied.
    private static let refusedCopiesMax = 50

    init(
        _ link: PostgresLink,
        _ identity: WriteIdentity,
        _ plan: PostgresTargetPlan,
        _ rows: RowBatch,
        _ rejections: [Int: Rejection]
    ) {
        self.link = link
        self.identity = identity
        self.plan = plan
        self.rows = rows
        self.rejections = rejections
    }

    /// - Parameter early: write at once even where it could wait, to find the rows that are refused.
    mutating func run(early: Bool) throws -> (StagedWrite, OpenWrite) {
        isNormalized = plan.normalization.apply(to: &rows, rejections: &rejections)
        rejectNullKeys()
        try link.prepare(plan)
        for _ in 0..<Self.refusedCopiesMax {
            do {
                return try attempt(early: early)
            } catch let refusal as PostgresCopying.RefusedRow {
                rejections[refusal.row] = refusal.rejection
                try link.connection.execute("ROLLBACK")
            } catch is SiftingIsMissing {
                try link.connection.execute("ROLLBACK")
                try link.prepareSifting(plan)
            }
        }
        throw WriteFailure.failed(
            SluiceError(
                .invalid,
                "\(link.session.place): the server refused the bytes of more than \(Self.refusedCopiesMax) rows of one batch"
                    + " for \(plan.table.name); the mapping does not fit the columns"
            )
        )
    }

    private mutating func attempt(early: Bool) throws -> (StagedWrite, OpenWrite) {
        let (transaction, existing) = try begunWithReadableKeys()
        if plan.hasLooseKey || isNormalized {
            let repeated = try PostgresKeyCheck(plan: plan).repeated(link, rows, skipping: rejections)
            rejections.merge(repeated) { first, _ in first }
        }
        if let ledger = plan.ledger {
            let repeated = try PostgresClaims(plan: plan, ledger: ledger).enter(rows, rejected: rejections, link)
            rejections.merge(repeated) { first, _ in first }
        }
        var plans = RowComparison.plans(rows, existing, columns: plan.settable)
        let reworded = try PostgresRewording(plan: plan).run(link, rows, existing, plans, skipping: rejections)
        for row in reworded { plans[row] = .unchanged }
        for row in rejections.keys { plans[row] = .reject }
        let changed = plans.indices.filter { plans[$0] == .insert || plans[$0] == .update }
        if !changed.isEmpty { try PostgresCopying(staging: plan, link).run(rows, changed, .staging(existing)) }

        var after: RowBatch?
        let isEarly = early || plan.appliesEarly
        if isEarly, !changed.isEmpty {
            try applyEarly(plans)
            for row in rejections.keys { plans[row] = .reject }
            after = try asWritten(plans)
        } else if isNormalized {
            after = rows.selecting(changed.map { Int32($0) })
        }
        let updated = plans.indices.filter { plans[$0] == .update }
        let staged = StagedWrite(
            transaction: transaction,
            system: link.system,
            plans: plans,
            before: existing.selecting(updated.map { existing.places[$0] }),
            after: after,
            rejections: rejections,
            isApplied: isEarly
        )
        return (staged, OpenWrite(identity, plan, staged, of: rows, rejections))
    }

    /// As `begin`, without the rows whose keys the server cannot read.
    private mutating func begunWithReadableKeys() throws -> (transaction: String, existing: ExistingRows) {
        do {
            return try begin()
        } catch let error as PostgresError where PostgresFailure.isOfRow(error) && !error.isConnectionLost {
            try link.connection.execute("ROLLBACK")
            let refused = try PostgresKeyCheck(plan: plan).refused(link, rows, skipping: rejections)
            guard !refused.isEmpty else { throw error }
            rejections.merge(refused) { first, _ in first }
            return try begin()
        }
    }

    /// Opens the transaction and reads what is there, in one round trip where the span of the keys holds few others.
    private func begin() throws -> (transaction: String, existing: ExistingRows) {
        var span = link.takesSpan(plan) ? KeySpan(rows, plan: plan, skipping: rejections) : nil
        let keys = span == nil ? KeyArrays(rows, plan: plan, skipping: rejections) : nil
        let opened = try link.connection.pipeline([
            PostgresStatement("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
            PostgresStatement("SELECT pg_current_xact_id()::text"),
            span.map { PostgresStatement(prepared: plan.spanName, $0.parameters) }
                ?? PostgresStatement(prepared: plan.lookupName, keys?.parameters ?? []),
        ])
        guard opened.count == 3, let transaction = opened[1].text(row: 0, column: 0) else {
            throw SluiceError(.internal, "opening a transaction gave \(opened.count) answers")
        }
        if let read = span, opened[2].rows >= read.limit {
            link.spanWasTooWide(plan)
            span = nil
        } else if let span {
            let column = ExistingRows.leading + plan.key[0]
            let owners = span.match(opened[2], column: column)
            let existing = ExistingRows(opened[2], rows: rows.count, width: rows.width, owners: owners)
            return (transaction, existing)
        }
        if let keys {
            let existing = ExistingRows(opened[2], rows: rows.count, width: rows.width, numbered: keys.rows)
            return (transaction, existing)
        }
        return (transaction, try lookUp(KeyArrays(rows, plan: plan, skipping: rejections)))
    }

    private func lookUp(_ keys: KeyArrays) throws -> ExistingRows {
        let statement = PostgresStatement(prepared: plan.lookupName, keys.parameters)
        let result = try link.connection.query(statement)
        return ExistingRows(result, rows: rows.count, width: rows.width, numbered: keys.rows)
    }

    private mutating func rejectNullKeys() {
        for index in plan.key {
            for row in 0..<rows.count where rows.isNull(row: row, column: index) && rejections[row] == nil {
                rejections[row] = Rejection(
                    code: "not_null",
                    field: plan.fields[index].name,
                    reason: "the key is NULL"
                )
            }
        }
    }

    private struct SiftingIsMissing: Error {}

    // MARK: Writing before the intent

    private mutating func applyEarly(_ plans: [RowPlan]) throws {
        try link.connection.execute("SAVEPOINT staged")
        if try isWritten(plans) { return }
        try link.connection.execute("ROLLBACK TO staged")
        let refused = try PostgresConstraints(plan: plan).refused(link)
        if !refused.isEmpty {
            let rows = refused.keys.map { String($0) }.joined(separator: ",")
            try link.connection.execute("DELETE FROM \(plan.stageTable) WHERE ord IN (\(rows)); SAVEPOINT staged")
            for (row, rejection) in refused { rejections[row] = rejection }
            if try isWritten(plans) { return }
        }
        guard link.canSift(plan) else { throw SiftingIsMissing() }
        if !refused.isEmpty { try link.connection.execute("ROLLBACK TO staged") }
        for (row, rejection) in try PostgresSifting(plan: plan).run(link) {
            rejections[row] = rejection
        }
        if let mirror = plan.mirror {
            try link.connection.execute(mirror.ownSQL(except: rejections.keys.sorted()))
        }
    }

    /// Writes all staged rows at once; false: the server refused some, and the savepoint is to be returned to.
    private func isWritten(_ plans: [RowPlan]) throws -> Bool {
        let left = plans.indices.filter { rejections[$0] == nil }
        let updates = left.count { plans[$0] == .update }
        let inserts = left.count { plans[$0] == .insert }
        do {
            let written = try PostgresApplying.run(link, plan, updates: updates, inserts: inserts)
            if written == updates + inserts { return true }
            guard plan.traits.hasTriggers || plan.traits.hasPolicies else {
                throw PostgresApplying.somebodyWasFaster(plan, written, updates + inserts)
            }
        } catch let error as PostgresError {
            guard plan.isOfRow(error) else { throw error }
        }
        return false
    }

    /// Reads the written rows again: what triggers, casts and generated columns made of them.
    private func asWritten(_ plans: [RowPlan]) throws -> RowBatch {
        let written = plans.indices.filter { plans[$0] == .insert || plans[$0] == .update }
        let found = try lookUp(KeyArrays(rows, plan: plan, only: written))
        let places = written.map { found.places[$0] }
        guard !places.contains(-1) else {
            throw WriteFailure.failed(
                SluiceError(
                    .unsupported,
                    "\(link.session.place): a trigger of table \(plan.table.name) changes the key of a record or deletes it;"
                        + " what was written could not be found again"
                )
            )
        }
        return found.selecting(places)
    }
}
