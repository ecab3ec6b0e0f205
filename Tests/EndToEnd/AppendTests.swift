import Client
import Foundation
import Model
import TestSupport
import Testing

/// Rows that are only added to a PostgreSQL table, with the real programs: once each, whatever is killed.
@MainActor @Suite(.serialized) struct AppendTests {
    private let source: PostgresServer
    private let destination: PostgresServer
    private let directory: TemporaryDirectory

    init() throws {
        source = try PostgresServer()
        destination = try PostgresServer()
        directory = try TemporaryDirectory()
        try destination.run("CREATE TABLE log (id bigint, mail text)")
    }

    private func start(_ settings: String, _ environment: [String: String] = [:]) throws -> (SluiceServer, RunView) {
        let server = try SluiceServer(
            in: directory.path,
            configuration: """
                connections:
                  app: { type: postgres, url: "\(source.url)" }
                  crm: { type: postgres, url: "\(destination.url)" }
                jobs:
                  contacts:
                    source: app
                    destination: crm
                    batch: { records: 100 }
                    \(settings)
                    streams:
                      - { stream: contacts, destination: log, write_mode: append }
                """,
            environment: environment
        )
        return (server, try server.start())
    }

    private func contacts(_ records: Int, key: String) throws {
        try source.run(
            """
            CREATE TABLE contacts (id bigint \(key), mail text);
            INSERT INTO contacts SELECT i, 'm' || i FROM generate_series(1, \(records)) i
            """
        )
    }

    private func kill(at site: String) -> [String: String] {
        ["SLUICE_TEST_KILL_AT": "\(site):2", "SLUICE_TEST_KILL_ONCE": directory.file("once")]
    }

    @Test(arguments: ["after_intent", "after_permit", "in_commit", "before_outcome"])
    func `a worker that is killed costs no row and brings none twice`(_ site: String) throws {
        try contacts(600, key: "PRIMARY KEY")
        let (server, run) = try start("workers: 2", kill(at: site))
        let ended = try server.waitForEnd(of: run)
        #expect(FileManager.default.fileExists(atPath: directory.file("once")), "nobody was killed")
        #expect(ended.state == .completed)
        #expect(ended.counts.applied == 600)
        #expect(try destination.value("SELECT count(*), count(DISTINCT id) FROM log") == "600|600")
        let page = try server.client.records(RecordQuery(run: run.id, key: "7"))
        #expect(page.records.map(\.verdict) == [.applied])
    }

    @Test func `after a force cancel the table holds exactly the rows that are said to be applied`() throws {
        try contacts(20_000, key: "PRIMARY KEY")
        let (server, run) = try start("rate_limit: 2000/s")
        _ = try server.wait(for: run, "some writes") { $0.counts.applied >= 500 }
        _ = try server.client.cancel(run.id.description, CancelRequest(mode: .force, actor: "test"))
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .cancelled)
        #expect(ended.counts.unknowable == 0)
        #expect(
            try destination.value("SELECT count(*), count(DISTINCT id) FROM log")
                == "\(ended.counts.applied)|\(ended.counts.applied)"
        )
    }

    @Test func `a table without a key arrives whole, the same rows as often as they are there`() throws {
        try contacts(550, key: "")
        try source.run("INSERT INTO contacts SELECT * FROM contacts WHERE id % 10 = 0")
        let (server, run) = try start("workers: 2")
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .completed)
        #expect(ended.counts.applied == 605)
        #expect(
            try destination.rows("SELECT id, mail FROM log ORDER BY id")
                == source.rows("SELECT id, mail FROM contacts ORDER BY id")
        )
    }

    @Test func `without a key a lost view ends the run, for its rest cannot be told`() throws {
        try contacts(600, key: "")
        let (server, run) = try start("workers: 1", kill(at: "before_outcome"))
        // Source and destination are one server: every view after a write is another one.
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .failed)
        #expect(ended.reason?.contains("start the run again") == true, "\(ended.reason ?? "")")
        let applied = ended.counts.applied
        #expect(applied > 0 && applied < 600)
        #expect(try destination.value("SELECT count(*), count(DISTINCT id) FROM log") == "\(applied)|\(applied)")
    }
}
