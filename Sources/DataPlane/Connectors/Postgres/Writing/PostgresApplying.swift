import Drivers
import Model

/// Executes a staged write.
enum PostgresApplying {
    /// Updates what exists by tuple version, inserts what is new, and makes deferred constraints speak now.
    ///
    /// - Returns: rows written; fewer than intended means that somebody was faster.
    static func run(
        _ link: PostgresLink,
        _ plan: PostgresTargetPlan,
        updates: Int,
        inserts: Int
    ) throws -> Int {
        guard updates + inserts > 0 else { return 0 }
        var statements: [String] = []
        if updates > 0 { statements.append(plan.updateSQL(from: plan.stageTable)) }
        if inserts > 0 { statements.append(plan.insertSQL(from: plan.stageTable)) }
        let count = statements.count
        if let mirror = plan.mirror { statements.append(mirror.ownSQL()) }
        statements.append("SET CONSTRAINTS ALL IMMEDIATE")
        let answers = try link.connection.execute(statements.joined(separator: "; "))
        return answers.prefix(count).reduce(0) { $0 + $1.affected }
    }

    static func somebodyWasFaster(
        _ plan: PostgresTargetPlan,
        _ written: Int,
        _ intended: Int
    ) -> WriteFailure {
        .rolledBack(
            reason:
                "\(intended - written) of \(intended) rows of \(plan.table.name) were changed by somebody else meanwhile"
        )
    }
}

extension PostgresTargetPlan {
    /// Whether the server refused a row for what is in it, so that its batch can go on without it.
    func isOfRow(_ error: PostgresError) -> Bool {
        PostgresFailure.isOfRow(error) || (traits.hasPolicies && error.sqlState == "42501")
    }
}
