import Drivers
import Model

/// Which rights the role has on the tables of a destination, asked before anything is written.
enum PostgresRights {
    /// - Throws: `denied`, naming the rights that are missing and the GRANT.
    static func require(
        on table: PostgresTable,
        for mode: WriteMode = .upsert,
        as stream: String,
        _ session: PostgresSession
    ) throws {
        let rights: [String]
        switch mode {
        case .upsert: rights = ["SELECT", "INSERT", "UPDATE"]
        case .mirror: rights = ["SELECT", "INSERT", "UPDATE", "DELETE"]
        case .append, .replace: rights = ["INSERT"]
        }
        // A right on some columns may be enough; the server says so where it is not.
        let questions = rights.map { right in
            let whole = "has_table_privilege(\(table.oid), '\(right)')"
            return right == "DELETE" ? whole : "\(whole) OR has_any_column_privilege(\(table.oid), '\(right)')"
        }
        let found = try session.run("SELECT quote_ident(current_user), \(questions.joined(separator: ", "))")
        let missing = rights.indices.filter { !found.bool(row: 0, column: $0 + 1) }.map { rights[$0] }
        guard !missing.isEmpty else { return }
        let list = missing.joined(separator: ", ")
        let role = found.text(row: 0, column: 0) ?? ""
        throw SluiceError(
            .denied,
            "\(session.place): role \(role) may not \(list) on table \"\(stream)\", to which it is to write; "
                + "GRANT \(list) ON \(table.qualifiedName) TO \(role)"
        )
    }

    /// What a person should know of a database that may become a destination; nil: every table in reach can be written.
    static func note(_ session: PostgresSession) throws -> String? {
        let found = try session.run(
            """
            SELECT quote_ident(current_user), count(*), count(*) FILTER (WHERE
                (SELECT bool_and(has_table_privilege(c.oid, p) OR has_any_column_privilege(c.oid, p))
                    FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) p))
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname NOT IN ('information_schema', 'sluice') AND n.nspname NOT LIKE 'pg\\_%'
                AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND has_schema_privilege(n.oid, 'USAGE')
            """
        )
        func number(_ column: Int) -> Int { found.text(row: 0, column: column).flatMap { Int($0) } ?? 0 }
        let (all, writable) = (number(1), number(2))
        guard writable < all else { return nil }
        let role = found.text(row: 0, column: 0) ?? ""
        let which = writable == 0 ? "none" : "only \(writable)"
        return
            "as a destination: role \(role) may write to \(which) of the \(all) tables; a table that a job writes to "
            + "needs GRANT SELECT, INSERT, UPDATE ON it TO \(role), to append INSERT alone"
    }
}
