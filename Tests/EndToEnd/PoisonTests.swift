import Client
import Drivers
import Foundation
import Model
import TestSupport
import Testing

/// Workers die of one record of a thousand; the others arrive.
@MainActor @Suite(.serialized) struct PoisonTests {
    private static let records = 1_000
    /// The aborts are wanted: no backtraces of them.
    private static func poison(_ key: String) -> [String: String] {
        ["SLUICE_TEST_POISON": key, "SWIFT_BACKTRACE": "enable=no"]
    }

    private static let fields = "(id bigint PRIMARY KEY, email text)"

    /// A batch of 50 records with the poison is cut in two until the record is alone.
    private func judge(_ run: RunView, _ quarantined: [RecordView], written: Set<Int>, poison: Int, key: String) {
        #expect(run.state == .completed)
        #expect(written == Set(1...Self.records).subtracting([poison]))
        #expect(run.counts.planned == Self.records)
        #expect(run.counts.applied == Self.records - 1)
        #expect(run.counts.quarantined == 1)
        #expect(run.counts.notAttempted == 0)
        #expect(run.counts.batchesWithheld == 0)
        #expect(run.counts.batchesPlanned == run.counts.batchesDone + 1)
        #expect(quarantined.map(\.key) == [key])
        #expect(quarantined.map(\.verdict) == [.quarantined])
    }

    @Test func `of a thousand records with a poisoned one PostgreSQL gets all others, and the run says which it was`()
        throws
    {
        let (source, destination) = (try PostgresServer(), try PostgresServer())
        let folder = try TemporaryDirectory()
        try source.run(
            """
            CREATE TABLE contacts \(Self.fields);
            INSERT INTO contacts SELECT i, 'm' || i FROM generate_series(1, \(Self.records)) i
            """
        )
        try destination.run("CREATE TABLE people \(Self.fields)")
        let server = try SluiceServer(
            in: folder.path,
            configuration: """
                connections:
                  app: { type: postgres, url: "\(source.url)" }
                  crm: { type: postgres, url: "\(destination.url)" }
                jobs:
                  contacts:
                    source: app
                    destination: crm
                    batch: { records: 50 }
                    streams:
                      - { stream: contacts, destination: people, key: [id] }
                """,
            environment: Self.poison("333")
        )
        let run = try server.waitForEnd(of: server.start())
        let page = try server.client.records(RecordQuery(run: run.id, verdicts: [.quarantined]))
        let written = Set(try destination.rows("SELECT id FROM people").compactMap(Int.init))
        judge(run, page.records, written: written, poison: 333, key: "333")
        let log = try server.client.logs(LogQuery(run: run.id, level: .error)).map(\.message)
        #expect(log.contains { $0.contains("the record 333") }, "\(log)")
    }

    @Test func `with a poisoned last record SQLite gets all others, and the next run writes it`() throws {
        let folder = try TemporaryDirectory()
        try SampleFile.make(
            folder.file("app.db"),
            """
            CREATE TABLE contacts \(Self.fields);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(Self.records))
            INSERT INTO contacts SELECT i, 'm' || i FROM n
            """
        )
        try SampleFile.make(folder.file("crm.db"), "CREATE TABLE people \(Self.fields)")
        try """
        connections:
          app: { type: sqlite, path: "\(folder.file("app.db"))" }
          crm: { type: sqlite, path: "\(folder.file("crm.db"))" }
        jobs:
          contacts:
            source: app
            destination: crm
            batch: { records: 50 }
            streams:
              - { stream: contacts, destination: people, key: [id] }
        """.write(toFile: folder.file("sluice.yaml"), atomically: true, encoding: .utf8)
        let store = ["--store", folder.file("sluice.db")]
        let command = try Terminal(
            ["run", "contacts", "--config", folder.file("sluice.yaml")] + store,
            environment: Self.poison("\(Self.records)")
        )
        #expect(try command.exitStatus() == 0)
        #expect(command.text.contains("sluice records 1 --verdict quarantined"), "\(command.text)")
        let run: RunView = try answer(["show", "1", "--output", "json"] + store)
        let page: RecordPage = try answer(["records", "1", "--verdict", "quarantined", "--output", "json"] + store)
        let people = try SQLiteConnection(
            path: folder.file("crm.db"),
            access: .readOnly,
            busyTimeout: .seconds(5)
        )
        let statement = try people.statement("SELECT id FROM people")
        var written: Set<Int> = []
        while try statement.step() { written.insert(Int(statement.integer(at: 0))) }
        judge(run, page.records, written: written, poison: Self.records, key: ">\(Self.records - 1)")
        let left: [RetryView] = try answer(["retries", "contacts", "--output", "json"] + store)
        #expect(left.map { "\($0.stream) \($0.key) \($0.code) \($0.run)" } == ["contacts >999 quarantined 1"])
        // The next run, whose workers are well, writes it.
        let again = try Terminal(["run", "contacts", "--config", folder.file("sluice.yaml")] + store)
        #expect(try again.exitStatus() == 0)
        let second: RunView = try answer(["show", "2", "--output", "json"] + store)
        #expect(second.counts.applied == 1)
        let after: [RetryView] = try answer(["retries", "contacts", "--output", "json"] + store)
        #expect(after.isEmpty)
    }

    private func answer<Answer: Decodable>(_ arguments: [String]) throws -> Answer {
        let command = try Terminal(arguments, environment: [:])
        #expect(try command.exitStatus() == 0)
        return try APICoding.decoder().decode(Answer.self, from: Data(command.text.utf8))
    }
}
