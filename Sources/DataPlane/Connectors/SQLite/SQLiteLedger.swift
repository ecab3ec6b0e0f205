import Drivers
import Model

/// The tables of the file in which a stream's keys are kept account of, and the SQL of it.
struct SQLiteLedger {
    let ledger: KeyLedger
    private let owner: String
    private let columns: String
    private let places: String
    private let count: Int

    /// The keys that the run's writes have entered.
    var seen: String { "sluice_seen_\(ledger.run.digits)_\(owner)" }
    /// How many records of the run have no readable key: a row for each write that had such.
    var keyless: String { "sluice_keyless_\(ledger.run.digits)_\(owner)" }
    /// What the run is going to delete, numbered in the order of the keys.
    var gone: String { "sluice_gone_\(ledger.run.digits)_\(owner)" }
    /// The keys of the rows that the stream has inserted or updated in any run.
    var owned: String { "sluice_owned_\(owner)" }

    /// - Parameter collations: by which the table's own index compares the parts of its key.
    init(_ ledger: KeyLedger, table: String, collations: [String?]) {
        self.ledger = ledger
        owner = ledger.owner(of: table)
        let parts = collations.enumerated().map { place, collation in
            "k\(place)" + (collation.map { " COLLATE \(FilterSQL.identifier($0))" } ?? "")
        }
        columns = parts.joined(separator: ", ")
        count = collations.count
        places = collations.map { _ in "?" }.joined(separator: ", ")
    }

    /// `k0, k1`, or with the name of a table `s.k0, s.k1`.
    func keys(of table: String = "") -> String { keyList(of: table).joined(separator: ", ") }

    func keyList(of table: String) -> [String] {
        (0..<count).map { (table.isEmpty ? "" : "\(table).") + "k\($0)" }
    }

    /// The condition that two of these tables have the same key.
    func match(_ left: String, _ right: String) -> String {
        zip(keyList(of: left), keyList(of: right)).map { "\($0) = \($1)" }.joined(separator: " AND ")
    }

    /// Makes one key the stream's own.
    var own: String { "INSERT INTO \(owned) VALUES (\(places)) ON CONFLICT DO NOTHING" }

    /// Enters one key; it changes nothing where the key is entered already.
    var enter: String { "INSERT INTO \(seen) VALUES (\(places)) ON CONFLICT DO NOTHING" }

    /// Makes the run's tables, and removes those that an earlier run of the stream has left. Takes the write lock only
    /// if there is something to do.
    func open(_ connection: SQLiteConnection) throws {
        guard try Self.tables(connection, like: seen).isEmpty else { return }
        let left = try Self.tables(connection, of: "%", owner).filter { !$0.contains(ledger.run.digits) }
        let keyed = "(\(columns), PRIMARY KEY (\(keys()))) WITHOUT ROWID"
        var made = ["CREATE TABLE IF NOT EXISTS \(seen) \(keyed)"]
        if ledger.isMirror {
            made += [
                "CREATE TABLE IF NOT EXISTS \(keyless) (records INTEGER)",
                "CREATE TABLE IF NOT EXISTS \(gone) (n INTEGER PRIMARY KEY, \(columns))",
                "CREATE TABLE IF NOT EXISTS \(owned) \(keyed)",
            ]
        }
        try Self.alone(connection, left.map { "DROP TABLE IF EXISTS \($0)" } + made)
    }

    /// Drops what the run has in the file.
    static func discard(_ run: RunID, _ connection: SQLiteConnection) throws {
        let left = try tables(connection, of: run.digits, "%")
        guard !left.isEmpty else { return }
        try alone(connection, left.map { "DROP TABLE IF EXISTS \($0)" })
    }

    /// What a run has in the file for itself; `%` is any run, or any owner.
    private static func tables(_ connection: SQLiteConnection, of run: String, _ owner: String) throws -> [String] {
        try ["seen", "keyless", "gone"].flatMap { try tables(connection, like: "sluice_\($0)_\(run)_\(owner)") }
    }

    private static func tables(_ connection: SQLiteConnection, like pattern: String) throws -> [String] {
        let find = try connection.statement(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE ? ESCAPE '\\'"
        )
        defer { find.reset() }
        try find.bind(pattern.replacing("_", with: "\\_"), at: 1)
        var names: [String] = []
        while try find.step() { names += [find.string(at: 0)].compactMap(\.self) }
        return names
    }

    /// Executes the statements as one transaction.
    static func alone(_ connection: SQLiteConnection, _ statements: [String]) throws {
        try connection.execute("BEGIN IMMEDIATE")
        do {
            try connection.execute((statements + ["COMMIT"]).joined(separator: "; "))
        } catch {
            if connection.isInTransaction { try connection.execute("ROLLBACK") }
            throw error
        }
    }
}
