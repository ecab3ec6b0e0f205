import Drivers
import Glibc
import Model

/// Closes gates and fences from outside, whether or not the processes behind them live.
struct PostgresClosing {
    let session: PostgresSession

    /// Longest wait for commits in flight that termination does not end.
    private static let patienceNanoseconds: Int64 = 20_000_000_000
    /// Longest wait for ended sessions to be gone.
    private static let endsNanoseconds: Int64 = 1_000_000_000
    private static let pauseMicroseconds: UInt32 = 1000

    enum Bar {
        case gate(RunID)
        case fence(AttemptID, run: RunID)
    }

    /// Closes and returns once no commit behind it can follow.
    ///
    /// - Throws: `timedOut`, retriable, when a commit in flight holds on.
    func close(_ bar: Bar, installation: InstallationID, attempts: [AttemptID], transactions: [String]) throws {
        let id =
            switch bar {
            case .gate(let run): "\(run)"
            case .fence(let attempt, _): "\(attempt)"
            }
        // Committed first: whoever comes to the check from now on turns back without a lock.
        try session.run(
            "INSERT INTO sluice.closing (id, installation) VALUES ('\(id)', '\(installation)') ON CONFLICT DO NOTHING"
        )
        try endSessions(attempts: attempts, transactions: transactions)
        let sql =
            switch bar {
            case .gate(let run):
                """
                INSERT INTO sluice.gate (run, installation, closed, closed_at)
                VALUES ('\(run)', '\(installation)', true, clock_timestamp())
                ON CONFLICT (run) DO UPDATE SET closed = true, closed_at = excluded.closed_at
                """
            case .fence(let attempt, let run):
                """
                INSERT INTO sluice.fence (attempt, run, installation, closed, closed_at)
                VALUES ('\(attempt)', '\(run)', '\(installation)', true, clock_timestamp())
                ON CONFLICT (attempt) DO UPDATE SET closed = true, closed_at = excluded.closed_at
                """
            }
        let deadline = SystemClock.bootNanoseconds() + Self.patienceNanoseconds
        while true {
            do {
                try session.connection.execute(
                    "BEGIN; SET LOCAL lock_timeout = '500ms'; \(sql); COMMIT"
                )
                try awaitEnds(attempts: attempts, transactions: transactions)
                return
            } catch let error as PostgresError {
                if session.isOpen { try session.run("ROLLBACK") }
                guard error.sqlState == "55P03", SystemClock.bootNanoseconds() < deadline else {
                    throw PostgresFailure.running(error, session.place)
                }
                try endSessions(attempts: attempts, transactions: transactions)
            }
        }
    }

    /// The same where there are no rows to close: ends the sessions and returns once none of the transactions runs on.
    /// These are all that were permitted and whose end is not known, and nothing else may commit.
    ///
    /// - Throws: `timedOut`, retriable, when a transaction holds on.
    func endTransactions(attempts: [AttemptID], transactions: [String]) throws {
        let deadline = SystemClock.bootNanoseconds() + Self.patienceNanoseconds
        let ids = transactions.compactMap { UInt64($0) }.map { "'\($0)'::xid8" }.joined(separator: ", ")
        while true {
            try endSessions(attempts: attempts, transactions: transactions)
            guard !ids.isEmpty else { break }
            let running = try session.run(
                """
                SELECT string_agg(x::text, ', ') FROM unnest(ARRAY[\(ids)]) x
                WHERE x < pg_snapshot_xmax(pg_current_snapshot()) AND pg_xact_status(x) = 'in progress'
                """
            ).text(row: 0, column: 0)
            guard let running else { break }
            guard SystemClock.bootNanoseconds() < deadline else {
                throw SluiceError(
                    .timedOut,
                    "\(session.place): transaction \(running) is still in progress after its session was told to end",
                    isRetriable: true
                )
            }
            usleep(Self.pauseMicroseconds)
        }
        try awaitEnds(attempts: attempts, transactions: transactions)
    }

    /// Waits until the sessions are gone, at most a second. The bar is closed already: this only spares those who come after
    /// from meeting a session that is still dying.
    private func awaitEnds(attempts: [AttemptID], transactions: [String]) throws {
        let deadline = SystemClock.bootNanoseconds() + Self.endsNanoseconds
        while try endSessions(attempts: attempts, transactions: transactions) > 0,
            SystemClock.bootNanoseconds() < deadline
        {
            usleep(Self.pauseMicroseconds)
        }
    }

    /// Ends the sessions that hold one of the transactions or are named after one of the attempts.
    ///
    /// - Returns: how many there were.
    @discardableResult
    func endSessions(attempts: [AttemptID], transactions: [String]) throws -> Int {
        let names = attempts.map { "'\(PostgresDestination.applicationName($0))'" }
        let ids = transactions.compactMap { UInt64($0) }
        var conditions: [String] = []
        if !names.isEmpty { conditions.append("application_name IN (\(names.joined(separator: ", ")))") }
        if !ids.isEmpty {
            // backend_xid is the lower half of the id; only a transaction that still runs may match it.
            let running = ids.map { "'\($0)'::xid8" }.joined(separator: ", ")
            conditions.append(
                """
                backend_xid IN (SELECT (x::text::numeric % 4294967296)::text::xid FROM unnest(ARRAY[\(running)]) x
                    WHERE x < pg_snapshot_xmax(pg_current_snapshot()) AND pg_xact_status(x) = 'in progress')
                """
            )
        }
        guard !conditions.isEmpty else { return 0 }
        return try session.run(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND (\(conditions.joined(separator: " OR ")))
            """
        ).rows
    }
}
