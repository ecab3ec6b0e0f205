import Drivers
import Model

/// Upserts from one SQLite file into another.
final class SQLiteArena: RecordArena {
    let name = "sqlite"
    /// A commit is over in a fraction of a millisecond; so that kills land on both sides of it, it takes ten.
    static let slowCommits = ["SLUICE_TEST_DELAY": "in_commit:5,before_outcome:5"]

    let environment = SQLiteArena.slowCommits
    let configuration: String
    let effectsOfWholeRun = ArenaData.changes
    private let path: String

    init(in directory: String) throws {
        let source = "\(directory)/app.db"
        path = "\(directory)/crm.db"
        configuration = ArenaData.configuration(
            source: "{ type: sqlite, path: \"\(source)\" }",
            destination: "{ type: sqlite, path: \"\(path)\" }",
            stream: "destination: people, key: [id]"
        )
        let fields = "(id INTEGER PRIMARY KEY, email TEXT, name TEXT)"
        try SQLiteConnection(path: source, access: .create, busyTimeout: .seconds(5)).execute(
            "CREATE TABLE contacts \(fields); INSERT INTO contacts \(ArenaData.ids) \(ArenaData.source)"
        )
        try SQLiteConnection(path: path, access: .create, busyTimeout: .seconds(5)).execute(
            "CREATE TABLE people \(fields)"
        )
    }

    func reset() throws {
        try SQLiteConnection(path: path, access: .readWrite, busyTimeout: .seconds(5)).execute(
            "BEGIN; DELETE FROM people; INSERT INTO people \(ArenaData.ids) \(ArenaData.before); COMMIT"
        )
    }

    /// A row that has its new value was written, once: nothing else writes it.
    func effects() throws -> [Int: Int] {
        let crm = try SQLiteConnection(path: path, access: .readOnly, busyTimeout: .seconds(5))
        let statement = try crm.statement("SELECT id, email FROM people")
        var effects: [Int: Int] = [:]
        while try statement.step() {
            let id = Int(statement.integer(at: 0))
            if !ArenaData.isUnchanged(id), statement.string(at: 1) == ArenaData.email(id) {
                effects[id] = 1
            }
        }
        return effects
    }

    func lastEffectAt() throws -> Timestamp? { nil }
}
