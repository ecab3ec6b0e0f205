import Drivers
import Model

/// Finds a pooler between us and the server that gives every transaction another session of the server (pgbouncer's
/// `pool_mode` transaction or statement).
///
/// Through such a one nothing holds: settings that make values exact, staging tables, a shared snapshot, the name by which
/// a session is found and ended. A pool in session mode is fine.
struct PostgresPooler {
    let settings: PostgresSettings

    /// Other clients of a busy pool may get between the two questions; not every time.
    private static let tries = 5

    /// - Throws: `unsupported` when the session changes between transactions.
    func refuseIfShared(_ connection: PostgresConnection) throws {
        // A pooler announces a process number of its own.
        guard try process(connection) != connection.announcedProcess else { return }
        let other = try PostgresConnection(
            url: settings.url,
            settings: ["application_name": "sluice/pool"]
        )
        defer { other.close() }
        for _ in 0..<Self.tries {
            let before = try process(connection)
            do {
                try other.execute("BEGIN")
            } catch let error as PostgresError {
                throw refusal("transactions are refused: \(error.message)")
            }
            // Ours was given to the other one, or is another one now that the other has it.
            let isShared = try process(other) == before || process(connection) != before
            try other.execute("ROLLBACK")
            guard !isShared else { throw refusal("each transaction gets another session of the server") }
        }
    }

    private func process(_ connection: PostgresConnection) throws -> Int32 {
        let answer = try connection.execute("SELECT pg_backend_pid()").last
        return answer?.text(row: 0, column: 0).flatMap { Int32($0) } ?? 0
    }

    private func refusal(_ what: String) -> SluiceError {
        SluiceError(
            .unsupported,
            "\(settings.place): there is a pooler in front of the server, and \(what) (pgbouncer: pool_mode transaction or"
                + " statement); Sluice keeps settings, staging tables and a snapshot in its session, and stops a run by ending"
                + " it. Connect to the server itself, or through a pool in session mode"
        )
    }
}
