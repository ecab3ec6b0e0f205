import Client
import Drivers
import Foundation
import Model
import TestSupport
import Testing

/// Runs from and to files with the real programs.
@MainActor @Suite(.serialized) struct FileTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.file("crm.db") }

    init() throws {
        directory = try TemporaryDirectory()
        for folder in ["in", "out"] {
            try FileManager.default.createDirectory(
                atPath: directory.file(folder),
                withIntermediateDirectories: false
            )
        }
    }

    private func database(_ sql: String) throws {
        try SQLiteConnection(path: database, access: .create, busyTimeout: .seconds(5)).execute(sql)
    }

    private func contacts(_ records: Int) throws {
        try database(
            """
            CREATE TABLE contacts (id INTEGER PRIMARY KEY, email TEXT, score REAL);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(records))
            INSERT INTO contacts SELECT i, 'a' || i || '@example.com, "x"', i / 4.0 FROM n
            """
        )
    }

    private func configuration(_ stream: String, from: String, to: String, rate: String = "") -> String {
        """
        connections:
          files: { type: csv, path: in, types: { id: int64 } }
          crm: { type: sqlite, path: crm.db }
          out: { type: csv, path: out }
          lines: { type: jsonl, path: out, compress: gzip }
        jobs:
          contacts:
            source: \(from)
            destination: \(to)
            batch: { records: 100 }
            \(rate)
            streams:
              - \(stream)
        """
    }

    private func run(_ configuration: String) throws -> Terminal {
        try configuration.write(toFile: directory.file("sluice.yaml"), atomically: true, encoding: .utf8)
        return try command(["run", "contacts", "--config", directory.file("sluice.yaml")])
    }

    private func command(_ arguments: [String]) throws -> Terminal {
        try Terminal(arguments + ["--store", directory.file("sluice.db")])
    }

    /// Those in `out` that a person sees.
    private func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.file("out")).filter { !$0.hasPrefix(".") }
            .sorted()
    }

    /// The ids in all files, by the write that is named in the file's name.
    private func ids() throws -> [String: [Int]] {
        var ids: [String: [Int]] = [:]
        for file in try files() {
            let lines = try String(contentsOfFile: directory.file("out/\(file)"), encoding: .utf8).split(
                separator: "\n"
            )
            #expect(lines.first == "id,email,score")
            let write = String(file.dropLast(".csv".count).suffix(36))
            ids[write] = lines.dropFirst().compactMap { Int($0.prefix { $0 != "," }) }
            #expect(ids[write]?.count == lines.count - 1)
        }
        return ids
    }

    @Test func `a CSV file comes into a database, and its bad lines are rejected with their numbers`() throws {
        var lines = ["id,mail,note"] + (1...1_000).map { "\($0),a\($0)@example.com,\"two\nlines\"" }
        lines[500] = "500,too,many,fields"
        lines[600] = "six hundred,a@example.com,x"
        lines[700] = "1,again@example.com,x"
        try lines.joined(separator: "\r\n").write(
            toFile: directory.file("in/people.csv"),
            atomically: true,
            encoding: .utf8
        )
        try database("CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT)")
        let stream = "{ stream: people, key: [id], map: { email: mail }, drop: [note] }"
        let ran = try run(configuration(stream, from: "files", to: "crm"))
        #expect(try ran.exitStatus() == 0, "\(ran.text)")

        let database = try SQLiteConnection(path: database, access: .readOnly, busyTimeout: .seconds(5))
        let count = try database.statement("SELECT count(*) FROM people WHERE email LIKE 'a%@example.com'")
        #expect(try count.step())
        #expect(count.integer(at: 0) == 997)

        let rejected = try command(["records", "1", "--verdict", "rejected", "--format", "csv"])
        #expect(try rejected.exitStatus() == 0)
        #expect(rejected.text.contains("line 1000: 4 fields, expected are 3"), "\(rejected.text)")
        #expect(rejected.text.contains("line 1199: \"\"six hundred\"\" is not an int64"), "\(rejected.text)")
    }

    @Test func `every rejected line is on the list of retries, also those without a key`() throws {
        try "id,email\n1,a\n2,b,?\n3\nx,c\n5,e,?\n".write(
            toFile: directory.file("in/people.csv"),
            atomically: true,
            encoding: .utf8
        )
        try database("CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT)")
        for number in 1...2 {
            let ran = try run(configuration("{ stream: people, key: [id] }", from: "files", to: "crm"))
            #expect(try ran.exitStatus() == 0, "\(ran.text)")
            let listed = try command(["retries", "contacts", "--output", "json"])
            #expect(try listed.exitStatus() == 0)
            let decoder = APICoding.decoder()
            let retries = try decoder.decode([RetryView].self, from: Data(listed.text.utf8))
            #expect(retries.map(\.key) == ["line 3", "line 4", "line 5", "line 6"])
            #expect(retries.allSatisfy { $0.run == number && $0.sinceRun == 1 })
            let one = try command(["records", "\(number)", "--key", "line 5"])
            #expect(try one.exitStatus() == 0)
            #expect(one.text.contains("\"x\" is not an int64"), "\(one.text)")
        }
    }

    @Test func `a key that is twice in a batch of a file is rejected with both lines`() throws {
        try "id,email\n3,c\n1,a\n3,d\n2,b\n".write(
            toFile: directory.file("in/people.csv"),
            atomically: true,
            encoding: .utf8
        )
        try database("CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT)")
        let ran = try run(configuration("{ stream: people, key: [id] }", from: "files", to: "crm"))
        #expect(try ran.exitStatus() == 0, "\(ran.text)")
        let rejected = try command(["records", "1", "--verdict", "rejected", "--format", "csv"])
        #expect(try rejected.exitStatus() == 0)
        #expect(rejected.text.contains("line 4: the key 3 is that of line 2 already"), "\(rejected.text)")
    }

    @Test func `a database goes into files, one for each batch`() throws {
        try contacts(1_000)
        let ran = try run(configuration("{ stream: contacts, write_mode: append }", from: "crm", to: "out"))
        #expect(try ran.exitStatus() == 0, "\(ran.text)")
        #expect(try files().count == 10)
        #expect(try ids().values.flatMap(\.self).sorted() == Array(1...1_000))
        let texts = try files().map { try String(contentsOfFile: directory.file("out/\($0)"), encoding: .utf8) }
        #expect(texts.count { $0.contains("\n7,\"a7@example.com, \"\"x\"\"\",1.75\n") } == 1)
        let records = try command(["records", "1", "--key", "7"])
        #expect(try records.exitStatus() == 0)
        #expect(records.text.contains("a7@example.com"), "\(records.text)")
    }

    @Test(arguments: ["after_intent", "after_permit", "in_commit", "before_outcome"])
    func `a worker that is killed leaves no half file, and every record is written once`(_ site: String) throws {
        try contacts(600)
        let server = try SluiceServer(
            in: directory.path,
            configuration: configuration("{ stream: contacts, write_mode: append }", from: "crm", to: "out"),
            environment: ["SLUICE_TEST_KILL_AT": "\(site):2", "SLUICE_TEST_KILL_ONCE": directory.file("once")]
        )
        let run = try server.client.sync(job: "contacts", SyncRequest(actor: "test", trigger: "test"))
        let ended = try server.waitForEnd(of: run)
        #expect(FileManager.default.fileExists(atPath: directory.file("once")), "nobody was killed")
        #expect(ended.state == .completed)
        #expect(ended.counts.applied == 600)
        #expect(try ids().values.flatMap(\.self).sorted() == Array(1...600))
    }

    @Test func `after a force cancel the files hold exactly the records that are said to be applied`() throws {
        try contacts(20_000)
        let rate = "rate_limit: 2000/s"
        let server = try SluiceServer(
            in: directory.path,
            configuration: configuration(
                "{ stream: contacts, write_mode: append }",
                from: "crm",
                to: "out",
                rate: rate
            )
        )
        let run = try server.client.sync(job: "contacts", SyncRequest(actor: "test", trigger: "test"))
        _ = try server.wait(for: run, "some writes") { $0.counts.applied >= 500 }
        _ = try server.client.cancel(run.id.description, CancelRequest(mode: .force, actor: "test"))
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .cancelled)
        #expect(ended.counts.unknowable == 0)
        let written = try ids()
        #expect(ended.counts.applied == written.values.map(\.count).reduce(0, +))
        let query = RecordQuery(run: run.id, verdicts: [.applied], limit: RecordQuery.limitMax)
        let listed = try server.client.records(query).records
        let byWrite = Dictionary(grouping: listed, by: { $0.write?.description ?? "" }).mapValues {
            $0.compactMap { Int($0.key) }.sorted()
        }
        #expect(byWrite == written.mapValues { $0.sorted() })
    }

    @Test func `what cannot be is refused with file and line`() throws {
        let ran = try run(configuration("{ stream: contacts, key: [id] }", from: "crm", to: "out"))
        #expect(try ran.exitStatus() != 0)
        #expect(ran.text.contains("sluice.yaml:13:"), "\(ran.text)")
        #expect(ran.text.contains("has no write mode upsert; allowed: write_mode: append"), "\(ran.text)")
    }
}
