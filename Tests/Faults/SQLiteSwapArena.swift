import Drivers
import Model

/// Replaces a table of one SQLite file by those of another.
final class SQLiteSwapArena: SwapArena {
    let name = "sqlite, replace"
    let environment = SQLiteArena.slowCommits
    let configuration: String
    let records = ArenaData.records
    private(set) var oldRows: [String] = []
    private let path: String
    private let newRows = (1...ArenaData.records).map { "\($0)|\(ArenaData.email($0))|Name \($0)" }

    init(in directory: String) throws {
        let source = "\(directory)/app.db"
        path = "\(directory)/crm.db"
        configuration = ArenaData.configuration(
            source: "{ type: sqlite, path: \"\(source)\" }",
            destination: "{ type: sqlite, path: \"\(path)\" }",
            stream: "destination: people, key: [id], write_mode: replace"
        )
        try SQLiteConnection(path: source, access: .create, busyTimeout: .seconds(5)).execute(
            """
            CREATE TABLE contacts (id INTEGER PRIMARY KEY, email TEXT, name TEXT);
            INSERT INTO contacts \(ArenaData.ids) \(ArenaData.source)
            """
        )
        try SQLiteConnection(path: path, access: .create, busyTimeout: .seconds(5)).execute(
            "CREATE TABLE sluice_tables (name TEXT PRIMARY KEY, job TEXT, stream INTEGER, at INTEGER NOT NULL) WITHOUT ROWID"
        )
    }

    func reset() throws {
        try SQLiteConnection(path: path, access: .readWrite, busyTimeout: .seconds(5)).execute(
            """
            BEGIN;
            DROP TABLE IF EXISTS people;
            CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, name TEXT);
            INSERT INTO people \(ArenaData.ids) \(ArenaData.before);
            INSERT OR REPLACE INTO sluice_tables (name, at) VALUES ('people', 0);
            COMMIT
            """
        )
        oldRows = try rows()
    }

    func rows() throws -> [String] {
        let crm = try SQLiteConnection(path: path, access: .readOnly, busyTimeout: .seconds(5))
        let statement = try crm.statement("SELECT id || '|' || email || '|' || name FROM people ORDER BY id")
        var rows: [String] = []
        while try statement.step() { rows.append(statement.string(at: 0) ?? "") }
        return rows
    }

    func isNew(_ rows: [String]) -> Bool { rows == newRows }

    func lastEffectAt() throws -> Timestamp? { nil }
}
