import Drivers
import Model

/// Brings one batch into a table as new rows, inside the transaction that it opens and before anything is said of them.
///
/// Where what is handed over is what will be there, by COPY straight into the table. Where triggers, policies or casts have a
/// say, or the server refuses more than a few rows, by way of the staging table. Which table that is only the plan says: it
/// is one with `isAppend`, of any table. Errors of the driver pass through; the caller rolls back.
struct PostgresLoading {
    private let link: PostgresLink
    private let plan: PostgresTargetPlan
    private var rows: RowBatch
    private var rejections: [Int: Rejection]
    private var isNormalized = false
    /// What the server made of the rows; nil: what was handed over.
    private var after: RowBatch?

    /// Rows that the server may refuse one by one before the others are staged.
    private static let refusedDirectlyMax = 3
    /// The same of rows whose bytes it refuses while they are staged.
    private static let refusedMax = 50

    init(_ link: PostgresLink, _ plan: PostgresTargetPlan, _ rows: RowBatch, _ rejections: [Int: Rejection]) {
        precondition(plan.isAppend, "rows are loaded into a table that is not appended to")
        self.link = link
        self.plan = plan
        self.rows = rows
        self.rejections = rejections
    }

    /// Every row is in the transaction afterwards, except for those that are rejected.
    mutating func run() throws -> StagedWrite {
        isNormalized = plan.normalization.apply(to: &rows, rejections: &rejections)
        var isDirect = link.copiesDirectly(plan)
        var refusals = 0
        while refusals < Self.refusedMax {
            do {
                if isDirect { return try copyDirectly() }
                try link.prepare(plan)
                return try copyAndInsert()
            } catch let refused as PostgresCopying.RefusedRow {
                try link.connection.execute("ROLLBACK")
                rejections[refused.row] = refused.rejection
                refusals += 1
                isDirect = isDirect && refusals < Self.refusedDirectlyMax
                if !isDirect { link.directCopyFailed(plan) }
            } catch let error as PostgresError where isDirect && plan.isOfRow(error) && !error.isConnectionLost {
                // It does not say which row: a foreign key, a deferred constraint.
                try link.connection.execute("ROLLBACK")
                isDirect = false
                link.directCopyFailed(plan)
            } catch is SiftingIsMissing {
                try link.connection.execute("ROLLBACK")
                try link.prepareSifting(plan)
            }
        }
        throw WriteFailure.failed(
            SluiceError(
                .invalid,
                "\(link.session.place): the server refused the bytes of more than \(Self.refusedMax) rows of one batch"
                    + " for \(plan.table.name); the mapping does not fit the columns"
            )
        )
    }

    // MARK: Straight into the table

    private func copyDirectly() throws -> StagedWrite {
        let transaction = try begin(PostgresCopying(direct: plan, link), .nothing, after: Self.speakNow)
        return staged(in: transaction)
    }

    private static let begin = ["BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", "SELECT pg_current_xact_id()::text"]
    private static let speakNow = "SET CONSTRAINTS ALL IMMEDIATE"

    /// Opens the transaction and copies what is not rejected, in one round trip.
    ///
    /// - Returns: the transaction's id.
    private func begin(
        _ copying: PostgresCopying,
        _ leading: CopyEncoder.Leading,
        after statement: String
    ) throws -> String {
        let chosen = left
        let answers =
            chosen.isEmpty
            ? try link.connection.execute((Self.begin + [statement]).joined(separator: "; "))
            : try copying.run(rows, chosen, leading, before: Self.begin, after: [statement])
        guard answers.count >= 2, let transaction = answers[1].text(row: 0, column: 0) else {
            throw SluiceError(.internal, "opening a transaction gave \(answers.count) answers")
        }
        return transaction
    }

    /// The rows that are not rejected.
    private var left: [Int] {
        rejections.isEmpty ? Array(0..<rows.count) : (0..<rows.count).filter { rejections[$0] == nil }
    }

    private func staged(in transaction: String) -> StagedWrite {
        StagedWrite(
            transaction: transaction,
            system: link.system,
            plans: (0..<rows.count).map { rejections[$0] == nil ? .insert : .reject },
            before: RowBatch(width: rows.width),
            after: after ?? (isNormalized ? rows.selecting(left.map { Int32($0) }) : nil),
            rejections: rejections,
            isApplied: true
        )
    }

    // MARK: By way of the staging table

    private struct SiftingIsMissing: Error {}

    /// Most times that rows are taken away and the others written again.
    private static let triesMax = 4

    private mutating func copyAndInsert() throws -> StagedWrite {
        let none = ExistingRows(rows: rows.count, width: rows.width)
        let copying = PostgresCopying(staging: plan, link)
        let transaction = try begin(copying, .staging(none), after: "SAVEPOINT staged")
        for turn in 0..<Self.triesMax {
            if try isWritten() { return staged(in: transaction) }
            try link.connection.execute("ROLLBACK TO staged")
            var refused = turn == 0 ? try PostgresConstraints(plan: plan).refused(link) : [:]
            if refused.isEmpty {
                guard link.canSift(plan) else { throw SiftingIsMissing() }
                refused = try PostgresSifting(plan: plan).run(link)
                try link.connection.execute("ROLLBACK TO staged")
            }
            guard !refused.isEmpty else { break }
            let rows = refused.keys.map { String($0) }.joined(separator: ",")
            try link.connection.execute("DELETE FROM \(plan.stageTable) WHERE ord IN (\(rows)); SAVEPOINT staged")
            rejections.merge(refused) { first, _ in first }
        }
        throw WriteFailure.rolledBack(
            reason: "\(link.session.place): table \(plan.table.name) refuses rows together that it takes one by one"
        )
    }

    /// Writes all staged rows at once; false: the server refused some, and the savepoint is to be returned to.
    private mutating func isWritten() throws -> Bool {
        let count = left.count
        guard count > 0 else { return true }
        let written: PostgresResult
        do {
            let insert = plan.insertSQL(from: plan.stageTable) + plan.returning
            let answers = try link.connection.pipeline([PostgresStatement(insert), PostgresStatement(Self.speakNow)])
            guard answers.count == 2 else { throw SluiceError(.internal, "an INSERT gave \(answers.count) answers") }
            written = answers[0]
        } catch let error as PostgresError {
            guard plan.isOfRow(error), !error.isConnectionLost else { throw error }
            return false
        }
        // A trigger can leave a row out without a word.
        guard written.affected == count else { return false }
        if plan.traits.hasTriggers {
            after = try readBack(written)
        } else if plan.altersRows {
            after = RowBatch(written, width: rows.width)
        }
        return true
    }

    /// The rows as they are once every trigger has run.
    private func readBack(_ written: PostgresResult) throws -> RowBatch {
        let parameters = [0, 1].map { column in
            let values = (0..<written.rows).map { "\"\(written.text(row: $0, column: column) ?? "")\"" }
            return PostgresParameter.text("{\(values.joined(separator: ","))}")
        }
        let found = try link.connection.query(PostgresStatement(plan.tuplesSQL, parameters))
        guard found.rows == written.rows else {
            throw WriteFailure.failed(
                SluiceError(
                    .unsupported,
                    "\(link.session.place): a trigger of table \(plan.table.name) changes or deletes records after they were"
                        + " inserted; let it run before the insert"
                )
            )
        }
        return RowBatch(found, width: rows.width)
    }
}
