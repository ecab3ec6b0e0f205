import Drivers
import Model

/// What ends a run's writes at a database, chosen by what the role may do there.
///
/// Both rest on the permit: no transaction commits that the coordinator has not permitted, and it permits none of a
/// condemned attempt. So closing means that the permitted transactions have ended; what they ended in the server knows
/// by their ids. The rows add a check in the commit itself, a marker that must agree, and a gate that stays closed.
/// Processes of one run that choose differently, because rights were changed meanwhile, stay safe: the verdict is
/// that of the transaction's id in both.
enum PostgresBarrier: Equatable {
    /// Gate, fence and marker: rows in the schema `sluice`.
    case rows
    /// Sessions are ended and transactions asked for by their ids; nothing of ours is in the database.
    case sessions(because: String)

    /// Finds out; makes the schema where it is missing and may be made.
    ///
    /// - Throws: `denied`, naming the GRANT, where the role may do neither.
    static func raise(_ session: PostgresSession, makes: Bool = true) throws -> PostgresBarrier {
        let found = try session.run(question)
        func isTrue(_ column: Int) -> Bool { found.bool(row: 0, column: column) }
        if isTrue(0) { return .rows }
        if isTrue(1) {
            if makes { try PostgresFence.make(session) }
            return .rows
        }
        let role = found.text(row: 0, column: 2) ?? ""
        guard isTrue(3) else {
            throw SluiceError(
                .denied,
                "\(session.place): role \(role) may neither use a schema \"sluice\" nor end its own sessions, so a run could not be"
                    + " stopped exactly; \(advice(role)), or GRANT EXECUTE ON FUNCTION pg_terminate_backend, pg_xact_status TO \(role)"
            )
        }
        return .sessions(
            because: isTrue(4)
                ? "role \(role) has no rights in schema \"sluice\"; \(advice(role))"
                : "role \(role) may not make the schema \"sluice\"; \(advice(role))"
        )
    }

    private static func advice(_ role: String) -> String {
        "let an administrator run Deploy/postgres-fence.sql for it once"
    }

    /// The role has what the rows need; the role may make the schema or complete it; the role; it may end its sessions;
    /// there is a schema.
    private static let question = """
        SELECT
            coalesce(has_schema_privilege(n.oid, 'USAGE')
                AND (SELECT count(*) = 4 AND bool_and(has_table_privilege(c.oid, 'SELECT')
                        AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE'))
                    FROM pg_class c WHERE c.relnamespace = n.oid
                        AND c.relname IN ('gate', 'fence', 'marker', 'closing'))
                AND EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = n.oid AND p.proname = 'admit'
                    AND has_function_privilege(p.oid, 'EXECUTE')), false),
            CASE WHEN n.oid IS NULL THEN has_database_privilege(current_database(), 'CREATE')
                ELSE pg_has_role(n.nspowner, 'USAGE') END,
            quote_ident(current_user),
            (SELECT bool_and(has_function_privilege(p.oid, 'EXECUTE')) FROM pg_proc p
                WHERE p.pronamespace = 'pg_catalog'::regnamespace
                    AND p.proname IN ('pg_terminate_backend', 'pg_xact_status')),
            n.oid IS NOT NULL
        FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = 'sluice'
        """
}
