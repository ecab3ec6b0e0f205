import Model
import TestSupport

/// Replaces a table of one PostgreSQL database by those of another.
final class PostgresSwapArena: SwapArena {
    let name: String
    let environment: [String: String] = [:]
    let configuration: String
    let records = ArenaData.records
    let destination: PostgresServer
    private(set) var oldRows: [String] = []
    private let source: PostgresServer
    private let newRows: [String]

    /// A row's values; behind them what tells it from its like in another table, or written again.
    private static let reading = """
        SELECT concat_ws('|', id, email, name) || '#' || concat_ws(',', tableoid, ctid, xmin) FROM people ORDER BY id
        """

    /// - Parameter commitDelay: ms that a commit takes (at most 100), so that kills land between permit and outcome.
    init(commitDelay: Int) throws {
        source = try .withContacts()
        destination = try PostgresServer()
        if commitDelay > 0 { try destination.delayCommits(commitDelay) }
        name = "postgres, replace" + (commitDelay > 0 ? "" : ", quick commits")
        configuration = ArenaData.configuration(
            source: "{ type: postgres, url: \"\(source.url)\" }",
            destination: "{ type: postgres, url: \"\(destination.url)\" }",
            stream: "destination: people, key: [id], write_mode: replace"
        )
        newRows = (1...ArenaData.records).map { "\($0)|\(ArenaData.email($0))|Name \($0)" }
    }

    /// In one transaction, so that whoever reads meanwhile sees a whole table.
    func reset() throws {
        try destination.run(
            """
            BEGIN;
            DROP TABLE IF EXISTS people;
            CREATE TABLE people (id bigint PRIMARY KEY, email text, name text);
            INSERT INTO people \(ArenaData.ids) \(ArenaData.before);
            COMMENT ON TABLE people IS 'sluice: replace';
            COMMIT
            """
        )
        oldRows = try rows()
    }

    func rows() throws -> [String] { try destination.rows(Self.reading) }

    func isNew(_ rows: [String]) -> Bool { rows.map { String($0.prefix { $0 != "#" }) } == newRows }

    /// The swap is all that there is to see.
    func lastEffectAt() throws -> Timestamp? {
        guard isNew(try rows()) else { return nil }
        return try destination.lastCommit(of: "SELECT xmin::text::bigint FROM pg_class WHERE oid = 'people'::regclass")
    }
}
