import Client
import Drivers
import Foundation
import Model
import TestSupport
import Testing

/// Two Postgres databases with contacts to bring from one to the other, and the destination's own word of what was written.
///
/// Odd contacts are there with an old address, even ones are new. One worker takes 50 records at a time in the order of
/// their ids, so that a test can tell which batch it stops.
///
/// The suites of this folder are on the main actor: their tests block, one at a time, and the pool's threads are left to the
/// tests of others, whose servers need them.
final class Crossing {
    static let records = 500
    static let batch = 50
    /// A new contact in the third batch.
    static let blocked = 112

    let source: PostgresServer
    let destination: PostgresServer
    /// Of the store and the configuration.
    let folder: String
    let configuration: String
    private let temporary: TemporaryDirectory

    /// - Parameters:
    ///   - folder: nil: one of its own.
    ///   - job: further lines of the job's.
    init(in folder: String? = nil, job: [String] = []) throws {
        source = try PostgresServer()
        destination = try PostgresServer()
        temporary = try TemporaryDirectory()
        self.folder = folder ?? temporary.path
        try source.run(
            """
            CREATE TABLE contacts (id bigint PRIMARY KEY, email text);
            INSERT INTO contacts SELECT i, 'new' || i || '@example.com' FROM generate_series(1, \(Self.records)) i
            """
        )
        try destination.run(
            """
            CREATE TABLE people (id bigint PRIMARY KEY, email text);
            CREATE TABLE others (id bigint PRIMARY KEY, email text)
            """
        )
        func lines(_ table: String) -> String {
            """
                source: app
                destination: crm
                workers: 1
                batch: { records: \(Self.batch) }
                streams:
                  - { stream: contacts, destination: \(table), key: [id] }
            """
        }
        configuration = """
            connections:
              app: { type: postgres, url: "\(source.url)" }
              crm: { type: postgres, url: "\(destination.url)" }
            jobs:
              contacts:
            \(lines("people"))
            \(job.map { "    \($0)\n" }.joined())
              others:
            \(lines("others"))
            """
        try configuration.write(toFile: "\(self.folder)/sluice.yaml", atomically: true, encoding: .utf8)
        try reset()
    }

    func reset() throws {
        try destination.run(
            """
            TRUNCATE people;
            INSERT INTO people SELECT i, 'old' || i || '@example.com' FROM generate_series(1, \(Self.records), 2) i
            """
        )
    }

    func serve(workers: Int = 2, environment: [String: String] = [:]) throws -> SluiceServer {
        try SluiceServer(
            in: folder,
            configuration: configuration,
            environment: environment,
            workers: workers
        )
    }

    /// A command on this crossing's store.
    func command(_ arguments: String..., environment: [String: String] = [:]) throws -> Terminal {
        try Terminal(arguments + ["--store", "\(folder)/sluice.db"], environment: environment)
    }

    /// Somebody else's transaction that has inserted contact `blocked`: the write that inserts it, too, waits for the end
    /// of that one, after its intent.
    func block() throws -> PostgresConnection {
        let other = try PostgresConnection(url: destination.url, settings: ["application_name": "somebody else"])
        try other.execute("BEGIN; INSERT INTO people VALUES (\(Self.blocked), 'somebody else')")
        return other
    }

    /// Waits until a worker waits for `block`, with its permit: until then a drain refuses its batch.
    func waitUntilBlocked() throws {
        let waiting = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = '\(destination.database)' AND wait_event_type = 'Lock' AND application_name LIKE 'sluice/%'
            """
        let end = ContinuousClock.now.advanced(by: .seconds(30))
        while ContinuousClock.now < end {
            guard try destination.value(waiting) != "0" else { continue }
            let client = try LockFile(store: "\(folder)/sluice.db").client()
            let run = try client.runs(job: nil, activeOnly: true, limit: 10).last
            // Until the batches before it are over for the coordinator, the permit that it knows of is one of theirs.
            let before = (Self.blocked - 1) / Self.batch
            if let counts = run?.counts, counts.batchesDone == before, counts.indeterminate > 0 { return }
        }
        throw SluiceServer.NotReached(description: "no worker waits for the test's transaction")
    }

    /// The contacts that have their new address.
    func written() throws -> Set<Int> {
        Set(
            try destination.rows("SELECT id FROM people WHERE email = 'new' || id || '@example.com'").compactMap(
                Int.init
            )
        )
    }

    /// Holds verdicts and counts of an ended run against the destination.
    func judge(_ run: RunView, _ records: [RecordView], comment: Comment? = nil) throws {
        let written = try written()
        let applied = records.filter { $0.verdict == .applied }.compactMap { Int($0.key) }
        #expect(Set(applied) == written, comment)
        #expect(applied.count == written.count, comment)
        #expect(run.counts.applied == written.count, comment)
        #expect(run.counts.indeterminate == 0, comment)
        #expect(run.counts.unknowable == 0, comment)
        #expect(!records.contains { $0.verdict == .indeterminate }, comment)
        #expect(run.counts.notApplied == records.count { $0.verdict == .notApplied }, comment)
        #expect(run.counts.batchesPlanned == run.counts.batchesDone + run.counts.batchesWithheld, comment)
    }

    func judge(_ run: RunView, on server: SluiceServer, comment: Comment? = nil) throws {
        let page = try server.client.records(RecordQuery(run: run.id, limit: RecordQuery.limitMax))
        #expect(page.cursor == nil)
        try judge(run, page.records, comment: comment)
    }

    /// As `judge`, by what the commands say of a run without a server.
    func judge(run number: Int) throws -> RunView {
        let run: RunView = try answer(command("show", "\(number)", "--output", "json"))
        let page: RecordPage = try answer(command("records", "\(number)", "--all", "--output", "json"))
        try judge(run, page.records)
        return run
    }

    private func answer<Answer: Decodable>(_ command: Terminal) throws -> Answer {
        #expect(try command.exitStatus() == 0)
        return try APICoding.decoder().decode(Answer.self, from: Data(command.text.utf8))
    }
}

extension SluiceServer {
    func start(_ job: String = "contacts") throws -> RunView {
        try client.sync(job: job, SyncRequest(actor: "test", trigger: "test"))
    }

    func cancel(_ run: RunView, _ mode: CancelMode, deadline: Double? = nil) throws -> CancelReply {
        let request = CancelRequest(
            mode: mode,
            actor: "test",
            reason: "a test",
            deadlineSeconds: deadline,
            pause: false
        )
        return try client.cancel(run.id.description, request)
    }
}
