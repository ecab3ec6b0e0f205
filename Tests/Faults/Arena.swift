import Drivers
import Foundation
import Model
import TestSupport

/// A source and a destination for the kill harness, and the destination's own word of what was written to it.
///
/// 1...records: an odd third is new at the destination, a tenth is the same on both sides, the rest is updated.
protocol Arena: AnyObject {
    static var name: String { get }
    var configuration: String { get }
    var environment: [String: String] { get }
    /// Puts the destination back to how it was before any run.
    func reset() throws
    /// How often each key was written since `reset`; keys that were not are absent.
    func effects() throws -> [Int: Int]
    /// When the last effect was committed, by the destination's clock; nil where it does not say.
    func lastEffectAt() throws -> Timestamp?
}

enum ArenaData {
    static let records = 4_000
    static let batch = 250

    static func isUnchanged(_ id: Int) -> Bool { id % 10 == 0 }
    static func isNew(_ id: Int) -> Bool { !isUnchanged(id) && id % 3 == 1 }

    static var expectedEffects: Int { (1...records).count { !isUnchanged($0) } }

    static func configuration(source: String, destination: String, table: String) -> String {
        """
        connections:
          app: \(source)
          crm: \(destination)
        jobs:
          contacts:
            source: app
            destination: crm
            workers: 2
            batch: { records: \(batch) }
            streams:
              - stream: contacts
                destination: \(table)
                key: [id]
                map:
                  email: { from: email, case: lower }
        """
    }
}

final class PostgresArena: Arena {
    static let name = "postgres"
    let environment: [String: String] = [:]
    let configuration: String
    private let source: PostgresServer
    let destination: PostgresServer
    private let role: String?

    /// - Parameters:
    ///   - commitDelay: ms that a commit takes (at most 100), so that kills land between permit and outcome.
    ///   - isPlain: write with a role that may make nothing at the destination.
    init(commitDelay: Int, isPlain: Bool = false) throws {
        source = try PostgresServer()
        destination = try PostgresServer()
        try source.run(
            """
            CREATE TABLE contacts (id bigint PRIMARY KEY, email text, name text);
            INSERT INTO contacts SELECT i, 'New' || i || '@example.com', 'Name ' || i
              FROM generate_series(1, \(ArenaData.records)) i
            """
        )
        try destination.run(
            """
            CREATE TABLE people (id bigint PRIMARY KEY, email text, name text);
            CREATE TABLE ledger (id bigint, xid bigint DEFAULT txid_current());
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
              'BEGIN INSERT INTO ledger (id) VALUES (NEW.id); RETURN NULL; END';
            CREATE TRIGGER noted AFTER INSERT OR UPDATE ON people FOR EACH ROW EXECUTE FUNCTION note()
            """
        )
        role = isPlain ? "role_\(destination.database)" : nil
        if let role {
            try destination.run("CREATE ROLE \(role) LOGIN; GRANT SELECT, INSERT, UPDATE ON people TO \(role)")
        }
        if commitDelay > 0 {
            try destination.run(
                """
                ALTER DATABASE \(destination.database) SET commit_delay = \(commitDelay * 1000);
                ALTER DATABASE \(destination.database) SET commit_siblings = 0
                """
            )
        }
        let url = if let role { destination.url(user: role) } else { destination.url }
        configuration = ArenaData.configuration(
            source: "{ type: postgres, url: \"\(source.url)\" }",
            destination: "{ type: postgres, url: \"\(url)\" }",
            table: "people"
        )
    }

    deinit {
        guard let role else { return }
        do {
            try destination.run("DROP OWNED BY \(role); DROP ROLE \(role)")
        } catch {
            print("role \(role) stays behind: \(error)")
        }
    }

    /// Whether Sluice has made nothing at the destination.
    func isUntouched() throws -> Bool {
        try destination.value("SELECT to_regnamespace('sluice') IS NULL") == "t"
    }

    func reset() throws {
        try destination.run(
            """
            ALTER TABLE people DISABLE TRIGGER noted;
            TRUNCATE people, ledger;
            INSERT INTO people
              SELECT i, CASE WHEN i % 10 = 0 THEN 'new' ELSE 'old' END || i || '@example.com', 'Name ' || i
              FROM generate_series(1, \(ArenaData.records)) i WHERE i % 10 = 0 OR i % 3 <> 1;
            ALTER TABLE people ENABLE TRIGGER noted
            """
        )
    }

    func effects() throws -> [Int: Int] {
        var effects: [Int: Int] = [:]
        for row in try destination.rows("SELECT id FROM ledger") {
            effects[Int(row) ?? -1, default: 0] += 1
        }
        return effects
    }

    func lastEffectAt() throws -> Timestamp? {
        let text = try destination.value(
            """
            SELECT coalesce(max((extract(epoch FROM pg_xact_commit_timestamp(x::text::xid)) * 1000000)::bigint), -1)
            FROM (SELECT DISTINCT (xid % 4294967296) AS x FROM ledger) t
            """
        )
        guard let microseconds = Int64(text), microseconds > 0 else { return nil }
        return Timestamp(microseconds: microseconds)
    }
}

final class SQLiteArena: Arena {
    static let name = "sqlite"
    /// A commit is over in a fraction of a millisecond; so that kills land on both sides of it, it takes ten.
    let environment = ["SLUICE_TEST_DELAY": "in_commit:5,before_outcome:5"]
    let configuration: String
    private let path: String

    init(in directory: String) throws {
        let source = "\(directory)/app.db"
        path = "\(directory)/crm.db"
        configuration = ArenaData.configuration(
            source: "{ type: sqlite, path: \"\(source)\" }",
            destination: "{ type: sqlite, path: \"\(path)\" }",
            table: "people"
        )
        let application = try SQLiteConnection(path: source, access: .create, busyTimeout: .seconds(5))
        try application.execute(
            """
            CREATE TABLE contacts (id INTEGER PRIMARY KEY, email TEXT, name TEXT);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(ArenaData.records))
            INSERT INTO contacts SELECT i, 'New' || i || '@example.com', 'Name ' || i FROM n
            """
        )
        let crm = try SQLiteConnection(path: path, access: .create, busyTimeout: .seconds(5))
        try crm.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, name TEXT)")
    }

    func reset() throws {
        let crm = try SQLiteConnection(path: path, access: .readWrite, busyTimeout: .seconds(5))
        try crm.execute(
            """
            BEGIN;
            DELETE FROM people;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(ArenaData.records))
            INSERT INTO people
              SELECT i, CASE WHEN i % 10 = 0 THEN 'new' ELSE 'old' END || i || '@example.com', 'Name ' || i
              FROM n WHERE i % 10 = 0 OR i % 3 <> 1;
            COMMIT
            """
        )
    }

    /// A row that has its new value was written, once: nothing else writes it.
    func effects() throws -> [Int: Int] {
        let crm = try SQLiteConnection(path: path, access: .readOnly, busyTimeout: .seconds(5))
        let statement = try crm.statement("SELECT id, email FROM people")
        var effects: [Int: Int] = [:]
        while try statement.step() {
            let id = Int(statement.integer(at: 0))
            if !ArenaData.isUnchanged(id), statement.string(at: 1) == "new\(id)@example.com" {
                effects[id] = 1
            }
        }
        return effects
    }

    func lastEffectAt() throws -> Timestamp? { nil }
}
