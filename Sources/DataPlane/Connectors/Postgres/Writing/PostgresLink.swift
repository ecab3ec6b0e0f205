import Drivers
import Model

/// A session that writes: its settings, and what was made in it once for all writes.
final class PostgresLink {
    let session: PostgresSession
    var connection: PostgresConnection { session.connection }
    /// `system_identifier/timeline`: where transaction ids mean something.
    let system: String
    private(set) var applicationName: String
    private var prepared: Set<Int> = []
    private var sifting: Set<Int> = []
    let buffer = CopyBuffer(capacity: 1 << 20)
    private var raised: PostgresBarrier?

    init(_ settings: PostgresSettings, applicationName: String) throws {
        self.applicationName = applicationName
        session = try PostgresSession(
            settings,
            applicationName: applicationName,
            parameters: [
                "lock_timeout": "5s",
                "idle_in_transaction_session_timeout": "15s",
                "client_connection_check_interval": "100ms",
                "tcp_user_timeout": "10s",
                "synchronous_commit": "on",
                "idle_session_timeout": "0",
                // A batch is small beside its table: by index or by ctid, never by reading the table.
                "enable_hashjoin": "off",
                "enable_mergejoin": "off",
                "max_parallel_workers_per_gather": "0",
            ]
        )
        system = try Self.system(session)
    }

    /// What ends writes here; found out once a session.
    func barrier() throws -> PostgresBarrier {
        if let raised { return raised }
        let found = try PostgresBarrier.raise(session)
        raised = found
        return found
    }

    static func system(_ session: PostgresSession) throws -> String {
        let answer = try session.run(
            """
            SELECT system_identifier::text || '/' || CASE WHEN pg_is_in_recovery() THEN 'recovery'
                ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int::text END
            FROM pg_control_system()
            """
        )
        return answer.text(row: 0, column: 0) ?? ""
    }

    /// Names the session after the attempt it writes for, so that it can be found and ended.
    func rename(_ name: String) throws {
        guard name != applicationName else { return }
        try connection.execute("SET application_name = \(PostgresName.literal(name))")
        applicationName = name
    }

    /// Makes staging table and statement of a target, once a session and outside of transactions.
    func prepare(_ plan: PostgresTargetPlan) throws {
        guard !prepared.contains(plan.number) else { return }
        try connection.execute(plan.createStageSQL)
        prepared.insert(plan.number)
        guard !plan.isAppend else { return }
        try connection.prepare(plan.lookupName, plan.lookupSQL)
        if KeySpan.isSpannable(plan) {
            try connection.prepare(plan.spanName, plan.spanSQL)
            spansAgainAfter[plan.number] = 0
        }
        if let ledger = plan.ledger { try connection.prepare(ledger.enterName, ledger.enterSQL) }
    }

    /// Batches of a target to go before a span is tried again; missing: its key has no spans.
    private var spansAgainAfter: [Int: Int] = [:]
    /// Batches that are looked up key by key after a span held too many strangers.
    private static let batchesWithoutSpan = 32

    /// Whether the next batch of the target is to be read by its span; counts batches.
    func takesSpan(_ plan: PostgresTargetPlan) -> Bool {
        guard let left = spansAgainAfter[plan.number] else { return false }
        if left > 0 { spansAgainAfter[plan.number] = left - 1 }
        return left == 0
    }

    /// The destination holds many other rows between those of a batch.
    func spanWasTooWide(_ plan: PostgresTargetPlan) {
        spansAgainAfter[plan.number] = Self.batchesWithoutSpan
    }

    /// Batches of a target to be staged before rows are copied straight into its table again.
    private var copiesAgainAfter: [Int: Int] = [:]
    /// Batches that are staged after the server has refused rows of one that was copied straight.
    private static let batchesStaged = 32

    /// Whether the next batch of the target is to be copied straight into its table; counts batches.
    func copiesDirectly(_ plan: PostgresTargetPlan) -> Bool {
        guard plan.copiesDirectly else { return false }
        let left = copiesAgainAfter[plan.number] ?? 0
        copiesAgainAfter[plan.number] = max(0, left - 1)
        return left == 0
    }

    /// The server refused more than a few rows.
    func directCopyFailed(_ plan: PostgresTargetPlan) {
        copiesAgainAfter[plan.number] = Self.batchesStaged
    }

    /// Makes what sifting needs, once a session and outside of transactions.
    func prepareSifting(_ plan: PostgresTargetPlan) throws {
        guard !canSift(plan) else { return }
        try connection.execute(PostgresSifting(plan: plan).createSQL)
        sifting.insert(plan.number)
    }

    func canSift(_ plan: PostgresTargetPlan) -> Bool { sifting.contains(plan.number) }
}
