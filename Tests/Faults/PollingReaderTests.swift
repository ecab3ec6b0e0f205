import TestSupport
import Testing

/// What a reader sees of a table that is replaced.
@MainActor @Suite(.serialized) struct PollingReaderTests {
    private static let query = "SELECT count(*), sum(hashtext(t::text)::bigint) FROM people t"
    private let server: PostgresServer
    private let old: [String]
    private let new: [String]

    init() throws {
        server = try PostgresServer()
        try server.run(
            """
            CREATE TABLE people AS SELECT i AS id, 'old' || i AS name FROM generate_series(1, 1000) i;
            CREATE TABLE next AS SELECT i AS id, 'new' || i AS name FROM generate_series(1, 900) i
            """
        )
        old = try server.rows(Self.query)
        new = try server.rows(Self.query.replacing("people", with: "next"))
    }

    private func reader() throws -> PollingReader { try PollingReader(server.url, Self.query) }

    @Test func `a swap in one transaction shows the old or the new table, whole`() throws {
        let reader = try reader()
        for _ in 1...20 {
            try server.run(
                """
                BEGIN;
                ALTER TABLE people RENAME TO previous; ALTER TABLE next RENAME TO people; ALTER TABLE previous RENAME TO next;
                COMMIT
                """
            )
            try reader.next()
        }
        let seen = try reader.stop()
        #expect(Set(seen.answers.keys) == [old, new])
        #expect(seen.errors == [:])
        #expect(seen.reads > 20)
    }

    @Test func `a swap in two transactions shows that there is no table`() throws {
        let reader = try reader()
        try server.run("ALTER TABLE people RENAME TO previous")
        try reader.next()
        try server.run("ALTER TABLE next RENAME TO people")
        try reader.next()
        let seen = try reader.stop()
        #expect(Set(seen.answers.keys) == [old, new])
        #expect(seen.errors.keys.contains { $0.contains("relation \"people\" does not exist") }, "\(seen.errors)")
    }

    @Test func `a table that is emptied and filled again is seen empty`() throws {
        let reader = try reader()
        try server.run("TRUNCATE people")
        try reader.next()
        try server.run("INSERT INTO people TABLE next")
        try reader.next()
        #expect(Set(try reader.stop().answers.keys) == [old, ["0|∅"], new])
    }

    @Test func `a session that is ended is an error, and the reading goes on`() throws {
        let reader = try reader()
        try server.run(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'polling reader' AND datname = current_database()
            """
        )
        try reader.next()
        try reader.next()
        let seen = try reader.stop()
        #expect(Set(seen.answers.keys) == [old])
        #expect(seen.errors.count == 1)
    }
}
