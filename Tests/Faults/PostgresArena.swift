import Model
import TestSupport

/// Upserts from one PostgreSQL database into another, whose trigger keeps the ledger.
final class PostgresArena: RecordArena {
    let name: String
    let environment: [String: String] = [:]
    let configuration: String
    let effectsOfWholeRun = ArenaData.changes
    private let source: PostgresServer
    let destination: PostgresServer
    private let role: String?

    /// - Parameters:
    ///   - commitDelay: ms that a commit takes (at most 100), so that kills land between permit and outcome.
    ///   - isPlain: write with a role that may make nothing at the destination.
    init(commitDelay: Int, isPlain: Bool = false) throws {
        source = try .withContacts()
        destination = try PostgresServer()
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
        if commitDelay > 0 { try destination.delayCommits(commitDelay) }
        name = ["postgres", isPlain ? "no DDL rights" : "", commitDelay > 0 ? "" : "quick commits"]
            .filter { !$0.isEmpty }.joined(separator: ", ")
        let url = if let role { destination.url(user: role) } else { destination.url }
        configuration = ArenaData.configuration(
            source: "{ type: postgres, url: \"\(source.url)\" }",
            destination: "{ type: postgres, url: \"\(url)\" }",
            stream: "destination: people, key: [id]"
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
            INSERT INTO people \(ArenaData.ids) \(ArenaData.before);
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
        try destination.lastCommit(of: "SELECT DISTINCT xid FROM ledger")
    }
}

extension PostgresServer {
    /// A database with the source's table `contacts`.
    static func withContacts() throws -> PostgresServer {
        let server = try PostgresServer()
        try server.run(
            """
            CREATE TABLE contacts (id bigint PRIMARY KEY, email text, name text);
            INSERT INTO contacts \(ArenaData.ids) \(ArenaData.source)
            """
        )
        return server
    }

    /// Makes each commit in this database last so many ms (at most 100).
    func delayCommits(_ milliseconds: Int) throws {
        try run(
            """
            ALTER DATABASE \(database) SET commit_delay = \(milliseconds * 1000);
            ALTER DATABASE \(database) SET commit_siblings = 0
            """
        )
    }

    /// When the last of the transactions was committed whose 64-bit ids the query has; nil: none was.
    func lastCommit(of transactions: String) throws -> Timestamp? {
        let text = try value(
            """
            SELECT coalesce(max((extract(epoch FROM pg_xact_commit_timestamp((x % 4294967296)::text::xid)) * 1000000)::bigint), -1)
            FROM (\(transactions)) t (x)
            """
        )
        guard let microseconds = Int64(text), microseconds > 0 else { return nil }
        return Timestamp(microseconds: microseconds)
    }
}
