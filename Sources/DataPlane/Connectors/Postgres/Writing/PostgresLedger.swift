import Drivers
import Model

/// The tables in the schema `sluice` in which a stream's keys are kept account of, and what is done to them at once.
///
/// They are logged tables: an account that a crash of the server emptied would call what was written new.
struct PostgresLedger {
    let ledger: KeyLedger
    private let owner: String
    private let number: Int
    /// `int8`, `text COLLATE …`
    private let types: [String]
    private let arrays: String

    init(_ ledger: KeyLedger, plan: PostgresTargetPlan) {
        self.ledger = ledger
        // The oid: a table that took the place of another one has none of its rows.
        owner = ledger.owner(of: "\(plan.table.qualifiedName) \(plan.table.oid)")
        number = plan.number
        types = plan.key.map { index in
            let field = plan.fields[index]
            return field.type.baseName + (field.looseCollation.map { " COLLATE \($0)" } ?? "")
        }
        arrays = plan.numberedKeys
        bareTypes = plan.key.map { plan.fields[$0].type.baseName }
    }

    private let bareTypes: [String]

    /// The keys that the run's writes have entered.
    var seen: String { "sluice.seen_\(ledger.run.digits)_\(owner)" }
    /// How many records of the run have no readable key: a row for each write that had such.
    var keyless: String { "sluice.keyless_\(ledger.run.digits)_\(owner)" }
    /// What the run is going to delete, numbered in the order of the keys.
    var gone: String { "sluice.gone_\(ledger.run.digits)_\(owner)" }
    /// The keys of the rows that the stream has inserted or updated in any run.
    var owned: String { "sluice.owned_\(owner)" }

    /// `k0, k1`, or with the name of a table `s.k0, s.k1`.
    func keys(of table: String = "") -> String { keyList(of: table).joined(separator: ", ") }

    func keyList(of table: String) -> [String] {
        types.indices.map { (table.isEmpty ? "" : "\(table).") + "k\($0)" }
    }

    /// The condition that two of these tables have the same key.
    func match(_ left: String, _ right: String) -> String {
        zip(keyList(of: left), keyList(of: right)).map { "\($0) = \($1)" }.joined(separator: " AND ")
    }

    private var columns: String {
        types.enumerated().map { "k\($0) \($1)" }.joined(separator: ", ")
    }

    /// The keys of arrays in the tables' types.
    private var given: [String] {
        zip(keyList(of: "k"), bareTypes).map { "\($0)::\($1)" }
    }

    // MARK: Entering

    var enterName: String { "sluice_enter_\(number)" }

    /// Enters the keys of arrays, in their order, so that two workers wait for one another and never in a circle.
    var enterSQL: String {
        let order = zip(keyList(of: "k"), types).map { "\($0)::\($1)" }.joined(separator: ", ")
        return """
            INSERT INTO \(seen) (\(keys())) SELECT \(given.joined(separator: ", ")) FROM \(arrays)
            ORDER BY \(order) ON CONFLICT DO NOTHING
            """
    }

    /// The numbers of the keys that another transaction has entered.
    var repeatedSQL: String {
        let match = zip(keyList(of: "s"), given).map { "\($0) = \($1)" }.joined(separator: " AND ")
        return "SELECT k.n FROM \(arrays) JOIN \(seen) AS s ON \(match) WHERE s.xmin <> pg_current_xact_id()::xid"
    }

    // MARK: Opening

    /// Makes the run's tables, and removes those that an earlier run of the stream has left.
    ///
    /// - Throws: `unsupported`, saying what the role lacks.
    func open(_ session: PostgresSession, behind barrier: PostgresBarrier, for table: String) throws {
        let what =
            "\(session.place): table \"\(table)\": the keys of stream \"\(ledger.stream)\" must be remembered there"
        if case .sessions(let reason) = barrier {
            throw SluiceError(.unsupported, "\(what) from batch to batch, but \(reason)")
        }
        let mayCreate = try session.run("SELECT has_schema_privilege('sluice', 'CREATE'), quote_ident(current_user)")
        guard mayCreate.bool(row: 0, column: 0) else {
            let role = mayCreate.text(row: 0, column: 1) ?? ""
            throw SluiceError(
                .unsupported,
                "\(what) from batch to batch; GRANT CREATE ON SCHEMA sluice TO \(role), or run Deploy/postgres-fence.sql"
                    + " again"
            )
        }
        let keyed = "(\(columns), PRIMARY KEY (\(keys())))"
        var made = "CREATE TABLE IF NOT EXISTS \(seen) \(keyed)"
        if ledger.isMirror {
            made += """
                ; CREATE TABLE IF NOT EXISTS \(keyless) (records int8)
                ; CREATE TABLE IF NOT EXISTS \(gone) (n int8 PRIMARY KEY, \(columns))
                ; CREATE TABLE IF NOT EXISTS \(owned) \(keyed)
                """
        }
        try alone(session, made)
        try Self.drop(
            session,
            where: "relname ~ '^(seen|keyless|gone)_[0-9a-f]{32}_\(owner)$' AND relname !~ '_\(ledger.run.digits)_'"
        )
    }

    /// Executes the statements as one transaction, while no other process executes any for this stream.
    func alone(_ session: PostgresSession, _ sql: String) throws {
        let key = Int64(bitPattern: UInt64(owner, radix: 16) ?? 0)
        try Self.execute(session, "SELECT pg_advisory_xact_lock(\(key)); \(sql)")
    }

    private static func execute(_ session: PostgresSession, _ sql: String) throws {
        do {
            try session.connection.execute("BEGIN; SET LOCAL client_min_messages = error; \(sql); COMMIT")
        } catch {
            if session.isOpen, session.connection.isInTransaction { try session.run("ROLLBACK") }
            throw error
        }
    }

    // MARK: Removing

    /// Drops what the run has in the schema.
    static func discard(_ run: RunID, _ session: PostgresSession) throws {
        try drop(session, where: "relname ~ '^(seen|keyless|gone)_\(run.digits)_'")
    }

    /// Tables that nobody else may drop, or that somebody is using, stay for the next one who tries.
    private static func drop(_ session: PostgresSession, where condition: String) throws {
        let found = try session.run(
            """
            SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = to_regnamespace('sluice') AND relkind = 'r'
                AND pg_has_role(relowner, 'USAGE') AND \(condition)
            """
        )
        for row in 0..<found.rows {
            guard let name = found.text(row: row, column: 0) else { continue }
            do {
                try execute(session, "SET LOCAL lock_timeout = '1s'; DROP TABLE IF EXISTS sluice.\(name)")
            } catch let error as PostgresError where error.sqlState == "55P03" {
                continue
            }
        }
    }
}
