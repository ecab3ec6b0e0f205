import Drivers
import Model

/// The new table of a `replace` stream, in the schema `sluice` until it takes the place of the old one.
///
/// A table that may be replaced carries the comment `sluice: replace …`: Sluice leaves it on those that it made, and a
/// person on one that is handed over. A reader whose statement waits for the swap looks the name up again and reads the
/// new table; a transaction in REPEATABLE READ that began before the new table was filled does not see all of it.
struct PostgresReplacement {
    /// How long a table that was replaced stays.
    private static let retention = "24 hours"
    /// How long the swap waits for readers of the old table; others wait behind it meanwhile.
    private static let lockPatience = "1s"
    /// Serializes the making: "sl_new" in ASCII.
    private static let lockKey = 0x73_6C5F_6E65_77

    let replacement: Replacement
    let session: PostgresSession

    private var schema: String { PostgresName(replacement.table).schema ?? session.defaultSchema }
    private var table: String { PostgresName(replacement.table).table }
    private var place: String { "\(session.place), table \"\(replacement.table)\"" }

    private var newName: String { replacement.name("new") }
    private var oldName: String { replacement.name("old") }
    /// As `PostgresCatalog` wants it.
    var newTable: String { "sluice.\(newName)" }
    private var inPlace: String { "\(PostgresName.quoted(schema)).\(PostgresName.quoted(table))" }

    private var mark: String {
        "sluice: replace by stream \(replacement.streamIndex) of job \(replacement.job), installation \(replacement.installation)"
    }

    // MARK: Making

    /// The new table, made unless it is there.
    ///
    /// A swap that a worker has sent before it died may commit at any time: then the table is gone when it is looked at, and
    /// is made once more, to be discarded.
    func opened() throws -> PostgresTable {
        let catalog = PostgresCatalog(session: session)
        try make()
        do {
            return try catalog.table(named: newTable)
        } catch let error as SluiceError where error.code == .notFound {
            try make()
            return try catalog.table(named: newTable)
        }
    }

    /// Makes the new table unless it is there. Several may try at once.
    private func make() throws {
        try session.run("BEGIN; SELECT pg_advisory_xact_lock(\(Self.lockKey))")
        do {
            if try !isTrue("to_regclass(\(PostgresName.literal(newTable))) IS NOT NULL") {
                try requireReplaceable()
                try dropStale()
                try session.run("CREATE TABLE \(newTable) (\(try definition()))")
                try session.run("COMMENT ON TABLE \(newTable) IS \(PostgresName.literal(mark))")
            }
            try session.run("COMMIT")
        } catch {
            if session.isOpen { try session.run("ROLLBACK") }
            guard let error = error as? SluiceError, error.code == .denied else { throw error }
            throw SluiceError(
                .denied,
                "\(error.message): write mode `replace` makes tables: GRANT CREATE ON SCHEMA sluice and on schema"
                    + " \(schema) to the role, which must own table \(replacement.table) if it exists"
            )
        }
    }

    private func definition() throws -> String {
        var parts = try replacement.columns.map { column in
            "\(PostgresName.quoted(column.name)) \(try type(of: column))"
        }
        if !replacement.key.isEmpty {
            parts.append("PRIMARY KEY (\(replacement.key.map(PostgresName.quoted).joined(separator: ", ")))")
        }
        return parts.joined(separator: ", ")
    }

    /// The source's own type where this database has it; else the one that holds the values, text for what is foreign here.
    private func type(of column: ColumnDescription) throws -> String {
        for name in [column.nativeType, column.type.postgresName ?? ""] where !name.isEmpty {
            let found = try session.run("SELECT to_regtype(\(PostgresName.literal(name))) IS NOT NULL")
            if found.bool(row: 0, column: 0) { return name }
        }
        return "text"
    }

    /// New tables that earlier runs of the stream left, and replaced ones that are old enough.
    private func dropStale() throws {
        try Self.drop(
            session,
            where: """
                CASE WHEN c.relname LIKE 'new\\_%' THEN about = \(PostgresName.literal(mark))
                    WHEN c.relname LIKE 'old\\_%' AND about LIKE 'sluice: replaced at %' THEN
                        substring(about FROM 'at (\\S+)')::timestamptz < now() - interval '\(Self.retention)'
                    ELSE false END
                """
        )
    }

    /// Drops what the run made and did not put in place.
    static func discard(run: RunID, _ session: PostgresSession) throws {
        try drop(session, where: "starts_with(c.relname, '\(Replacement.prefix("new", of: run))')")
    }

    /// - Parameter condition: on the tables `c` of the schema `sluice` and what their comments say, `about`.
    private static func drop(_ session: PostgresSession, where condition: String) throws {
        let found = try session.run(
            """
            SELECT quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
                obj_description(c.oid, 'pg_class') AS about
            WHERE n.nspname = 'sluice' AND c.relkind = 'r' AND \(condition)
            """
        )
        for row in 0..<found.rows {
            try session.run("DROP TABLE IF EXISTS sluice.\(found.text(row: row, column: 0) ?? "")")
        }
    }

    // MARK: Swapping

    /// In an open transaction.
    ///
    /// - Throws: `conflict` when the new table holds another number of records than were written to it.
    func requireRecords(_ records: Int) throws {
        let found = try session.run("SELECT count(*) FROM \(newTable)").text(row: 0, column: 0) ?? ""
        guard found == String(records) else {
            throw SluiceError(
                .conflict,
                "\(place): its new table \(newTable) holds \(found) records, \(records) were written to it; somebody changed it"
            )
        }
    }

    /// In an open transaction: the old table goes, by another name, to the schema `sluice`; the new one comes in its place,
    /// with the same rights.
    func swap() throws {
        try session.run("SET LOCAL lock_timeout = '\(Self.lockPatience)'")
        var statements: [String] = []
        if try isInPlace() {
            try session.run("LOCK TABLE \(inPlace) IN ACCESS EXCLUSIVE MODE")
            try requireReplaceable()
            statements = try grants()
            if let key = try primaryKey(of: inPlace) {
                let name = PostgresName.quoted("\(oldName)_pkey")
                try session.run("ALTER TABLE \(inPlace) RENAME CONSTRAINT \(key) TO \(name)")
            }
            let moved = "\(PostgresName.quoted(schema)).\(oldName)"
            let at = try session.run("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
            let about = "sluice: replaced at \(at.text(row: 0, column: 0) ?? "") in run \(replacement.run)"
            try session.run(
                """
                ALTER TABLE \(inPlace) RENAME TO \(oldName); ALTER TABLE \(moved) SET SCHEMA sluice;
                COMMENT ON TABLE sluice.\(oldName) IS \(PostgresName.literal(about))
                """
            )
        }
        let new = "\(PostgresName.quoted(schema)).\(newName)"
        try session.run(
            "ALTER TABLE \(newTable) SET SCHEMA \(PostgresName.quoted(schema)); ALTER TABLE \(new) RENAME TO"
                + " \(PostgresName.quoted(table))"
        )
        try renamePrimaryKey()
        for statement in statements { try session.run(statement) }
    }

    /// As if the table had been made in place.
    private func renamePrimaryKey() throws {
        let name = PostgresName.quoted("\(table)_pkey")
        guard let key = try primaryKey(of: inPlace), "\(table)_pkey".utf8.count < 64,
            try !isTrue("to_regclass(\(PostgresName.literal("\(PostgresName.quoted(schema)).\(name)"))) IS NOT NULL")
        else { return }
        try session.run("ALTER TABLE \(inPlace) RENAME CONSTRAINT \(key) TO \(name)")
    }

    private func primaryKey(of table: String) throws -> String? {
        let found = try session.run(
            """
            SELECT quote_ident(conname) FROM pg_constraint
            WHERE contype = 'p' AND conrelid = \(PostgresName.literal(table))::regclass
            """
        )
        return found.rows == 0 ? nil : found.text(row: 0, column: 0)
    }

    /// Gives the rights on the table in place to the one that takes it.
    private func grants() throws -> [String] {
        let found = try session.run(
            """
            SELECT format('GRANT %s ON \(inPlace.replacing("'", with: "''").replacing("%", with: "%%")) TO %s%s',
                a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
                CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
            FROM pg_class c, aclexplode(c.relacl) a
            WHERE c.oid = \(PostgresName.literal(inPlace))::regclass AND a.grantee <> c.relowner
            """
        )
        return (0..<found.rows).compactMap { found.text(row: $0, column: 0) }
    }

    // MARK: What may be replaced

    private func isInPlace() throws -> Bool {
        try isTrue("to_regclass(\(PostgresName.literal(inPlace))) IS NOT NULL")
    }

    private func isTrue(_ condition: String) throws -> Bool {
        try session.run("SELECT \(condition)").bool(row: 0, column: 0)
    }

    /// - Throws: `conflict` when the table in place is not Sluice's, or something hangs on it that would be lost.
    func requireReplaceable() throws {
        guard try isInPlace() else { return }
        let oid = "\(PostgresName.literal(inPlace))::regclass"
        guard try isTrue("coalesce(obj_description(\(oid), 'pg_class') LIKE 'sluice: replace%', false)") else {
            throw SluiceError(
                .conflict,
                "\(place): it was not made by Sluice, and `replace` puts another table in its place; choose another table or"
                    + " write mode, drop it, or hand it over: COMMENT ON TABLE \(inPlace) IS 'sluice: replace'"
            )
        }
        let found = try session.run(Self.dependents(of: oid))
        let dependents = (0..<found.rows).compactMap { found.text(row: $0, column: 0) }
        guard dependents.isEmpty else {
            throw SluiceError(
                .conflict,
                "\(place): \(dependents.joined(separator: ", ")) would be lost with it or go on with the old one; drop them, or"
                    + " choose write mode upsert"
            )
        }
    }

    private static func dependents(of oid: String) -> String {
        """
        SELECT 'view ' || r.ev_class::regclass FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
            WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = \(oid) AND r.ev_class <> \(oid)
        UNION SELECT 'foreign key ' || quote_ident(conname) || ' of ' || conrelid::regclass FROM pg_constraint
            WHERE contype = 'f' AND confrelid = \(oid)
        UNION SELECT 'constraint ' || quote_ident(conname) FROM pg_constraint
            WHERE conrelid = \(oid) AND contype IN ('c', 'f', 'u', 'x')
        UNION SELECT 'trigger ' || quote_ident(tgname) FROM pg_trigger WHERE tgrelid = \(oid) AND NOT tgisinternal
        UNION SELECT 'policy ' || quote_ident(polname) FROM pg_policy WHERE polrelid = \(oid)
        UNION SELECT 'rule ' || quote_ident(rulename) FROM pg_rewrite WHERE ev_class = \(oid)
        UNION SELECT 'index ' || indexrelid::regclass FROM pg_index WHERE indrelid = \(oid) AND NOT indisprimary
            AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
        UNION SELECT 'table ' || inhrelid::regclass FROM pg_inherits WHERE inhparent = \(oid)
        UNION SELECT 'table ' || inhparent::regclass FROM pg_inherits WHERE inhrelid = \(oid)
        UNION SELECT 'publication ' || quote_ident(p.pubname) FROM pg_publication_rel r
            JOIN pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = \(oid)
        UNION SELECT 'function ' || d.objid::regprocedure FROM pg_depend d JOIN pg_class c ON c.reltype = d.refobjid
            WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_type'::regclass AND c.oid = \(oid)
        UNION SELECT 'right on column ' || quote_ident(attname) FROM pg_attribute
            WHERE attrelid = \(oid) AND attacl IS NOT NULL
        ORDER BY 1
        """
    }
}

extension ValueType {
    /// The PostgreSQL type that holds the values exactly; nil: text does.
    fileprivate var postgresName: String? {
        switch self {
        case .bool: "boolean"
        case .int16: "smallint"
        case .int32: "integer"
        case .int64: "bigint"
        case .float32: "real"
        case .float64: "double precision"
        case .numeric: "numeric"
        case .text: "text"
        case .bytes: "bytea"
        case .date: "date"
        case .time: "time"
        case .timestamp: "timestamp"
        case .timestampWithZone: "timestamptz"
        case .interval: "interval"
        case .uuid: "uuid"
        case .json: "json"
        case .jsonBinary: "jsonb"
        case .foreign(let name): name
        }
    }
}
