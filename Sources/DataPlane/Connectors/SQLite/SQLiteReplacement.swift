import Drivers
import Model

/// What the file knows of a `replace` stream: its new table, the table in place, the old ones that are kept.
///
/// They lie in one file under names of their own, and `sluice_tables` says of each whose it is.
struct SQLiteReplacement {
    static let ledger = "sluice_tables"
    /// How long a table that was replaced stays.
    static let retention = Duration.seconds(24 * 60 * 60)

    let replacement: Replacement
    let file: SQLiteFile
    let connection: SQLiteConnection

    var newTable: String { "sluice_\(replacement.name("new"))" }
    private var oldTable: String { "sluice_\(replacement.name("old"))" }

    /// Makes the new table unless it is there.
    func make(at now: Timestamp) throws {
        let table = replacement.table
        try file.translating("making the new table of \"\(table)\"") {
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS \(Self.ledger)
                (name TEXT PRIMARY KEY, job TEXT, stream INTEGER, at INTEGER NOT NULL) WITHOUT ROWID
                """
            )
            try connection.execute("BEGIN IMMEDIATE")
        }
        do {
            if try !exists(newTable) {
                try requireReplaceable()
                try dropStale(at: now)
                try connection.execute(definition())
                try note(newTable, at: now)
            }
            try connection.execute("COMMIT")
        } catch {
            if connection.isInTransaction { try connection.execute("ROLLBACK") }
            guard let error = error as? SQLiteError else { throw error }
            throw file.describe(error, "making the new table of \"\(table)\"")
        }
    }

    /// Inside an open transaction: the number of records in the new table.
    func count() throws(SQLiteError) -> Int {
        Int(try connection.integer("SELECT count(*) FROM \(Self.quoted(newTable))"))
    }

    /// Inside an open transaction: the new table takes the place of the old one, which is kept beside it.
    func swap(at now: Timestamp) throws {
        try requireReplaceable()
        // Otherwise SQLite would look for the name in every view, and fail at one that is broken already.
        try connection.execute("PRAGMA legacy_alter_table = ON")
        if try exists(replacement.table) {
            try rename(replacement.table, to: oldTable)
            try note(oldTable, at: now)
        }
        try rename(newTable, to: replacement.table)
        try note(replacement.table, at: now)
    }

    /// Drops what the run made and did not put in place.
    static func discard(run: RunID, on connection: SQLiteConnection) throws(SQLiteError) {
        for table in try tables("sluice_\(Replacement.prefix("new", of: run))", on: connection) {
            try drop(table, on: connection)
        }
    }

    private func definition() throws -> String {
        var columns: [String] = []
        for column in replacement.columns {
            columns.append("\(Self.quoted(column.name)) \(Self.declared(column))")
        }
        if !replacement.key.isEmpty {
            columns.append("PRIMARY KEY (\(replacement.key.map(Self.quoted).joined(separator: ", ")))")
        }
        return "CREATE TABLE \(Self.quoted(newTable)) (\(columns.joined(separator: ", ")))"
    }

    /// A type under which the column gives its values back as they were (`SQLiteAffinity`).
    private static func declared(_ column: ColumnDescription) -> String {
        let native = column.nativeType
        let isPlain = native.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || " (),_".contains($0)) }
        if !native.isEmpty, isPlain,
            SQLiteAffinity(declared: native, isStrict: false).type(declared: native) == column.type
        {
            return native
        }
        return switch column.type {
        case .bool: "BOOLEAN"
        case .int16, .int32, .int64: "INTEGER"
        case .float32, .float64: "REAL"
        case .bytes: "BLOB"
        case .json, .jsonBinary: "JSON TEXT"
        default: "TEXT"
        }
    }

    /// - Throws: `conflict` when the table in place is not Sluice's, or something hangs on it that would be lost.
    private func requireReplaceable() throws {
        let table = replacement.table
        let place = "connection \"\(file.connection)\", table \"\(table)\""
        guard try exists(table) else { return }
        let isOurs = try connection.integer(
            "SELECT count(*) FROM \(Self.ledger) WHERE name = \(Self.literal(table))"
        )
        guard isOurs == 1 else {
            throw SluiceError(
                .conflict,
                "\(place): it was not made by Sluice, and `replace` puts another table in its place; choose another"
                    + " table or write mode, drop it, or hand it over: INSERT INTO \(Self.ledger) (name, at) VALUES"
                    + " (\(Self.literal(table)), 0)"
            )
        }
        let dependents = try dependents()
        guard dependents.isEmpty else {
            throw SluiceError(
                .conflict,
                "\(place): \(dependents.joined(separator: ", ")) would be lost with it; drop them, or choose write mode upsert"
            )
        }
    }

    private func dependents() throws(SQLiteError) -> [String] {
        let name = Self.literal(replacement.table)
        return try connection.strings(
            """
            SELECT type || ' "' || name || '"' FROM sqlite_schema
                WHERE tbl_name = \(name) COLLATE NOCASE AND type IN ('trigger', 'index') AND sql IS NOT NULL
            UNION ALL
            SELECT 'foreign key of table "' || m.name || '"' FROM sqlite_schema m, pragma_foreign_key_list(m.name) f
                WHERE m.type = 'table' AND f."table" = \(name) COLLATE NOCASE
            """
        )
    }

    /// New tables that earlier runs of the stream left, and replaced ones that are old enough.
    private func dropStale(at now: Timestamp) throws(SQLiteError) {
        let limit = now.advanced(by: .zero - Self.retention).microseconds
        let stale = try connection.strings(
            """
            SELECT name FROM \(Self.ledger)
            WHERE substr(name, 1, 11) = 'sluice_new_' AND job = \(Self.literal(replacement.job))
                AND stream = \(replacement.streamIndex)
                OR substr(name, 1, 11) = 'sluice_old_' AND at < \(limit)
            """
        )
        for table in stale { try Self.drop(table, on: connection) }
    }

    private func note(_ table: String, at now: Timestamp) throws(SQLiteError) {
        try connection.execute(
            """
            INSERT OR REPLACE INTO \(Self.ledger) VALUES (\(Self.literal(table)),
            \(Self.literal(replacement.job)), \(replacement.streamIndex), \(now.microseconds))
            """
        )
    }

    private func rename(_ table: String, to name: String) throws(SQLiteError) {
        try connection.execute("ALTER TABLE \(Self.quoted(table)) RENAME TO \(Self.quoted(name))")
        try connection.execute("DELETE FROM \(Self.ledger) WHERE name = \(Self.literal(table))")
    }

    private func exists(_ table: String) throws(SQLiteError) -> Bool {
        try connection.integer(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = \(Self.literal(table)) COLLATE NOCASE"
        ) == 1
    }

    private static func drop(_ table: String, on connection: SQLiteConnection) throws(SQLiteError) {
        try connection.execute("DROP TABLE IF EXISTS \(quoted(table))")
        try connection.execute("DELETE FROM \(ledger) WHERE name = \(literal(table))")
    }

    private static func tables(_ prefix: String, on connection: SQLiteConnection) throws(SQLiteError) -> [String] {
        try connection.strings(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, \(prefix.count)) = \(literal(prefix))"
        )
    }

    private static func quoted(_ name: String) -> String { FilterSQL.identifier(name) }

    private static func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}

extension SQLiteConnection {
    /// The first column of the first row.
    fileprivate func integer(_ sql: String) throws(SQLiteError) -> Int64 {
        let statement = try statement(sql)
        defer { statement.reset() }
        _ = try statement.step()
        return statement.integer(at: 0)
    }

    /// The first column of every row.
    fileprivate func strings(_ sql: String) throws(SQLiteError) -> [String] {
        let statement = try statement(sql)
        defer { statement.reset() }
        var found: [String] = []
        while try statement.step() { found.append(statement.string(at: 0) ?? "") }
        return found
    }
}
