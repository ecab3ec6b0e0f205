import Client
import Drivers
import Foundation
import Model
import TestSupport
import Testing

@MainActor @Suite(.serialized) struct CommandTests {
    /// Two SQLite files with `records` contacts to bring from one to the other.
    private func prepare(_ records: Int, rate: String = "") throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let source = try SQLiteConnection(path: "\(directory.path)/app.db", access: .create, busyTimeout: .seconds(5))
        try source.execute(
            """
            CREATE TABLE contacts (id INTEGER PRIMARY KEY, email TEXT);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(records))
            INSERT INTO contacts SELECT i, 'a' || i || '@example.com' FROM n
            """
        )
        let destination = try SQLiteConnection(
            path: "\(directory.path)/crm.db",
            access: .create,
            busyTimeout: .seconds(5)
        )
        try destination.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT)")
        try """
        connections:
          app: { type: sqlite, path: "\(directory.path)/app.db" }
          crm: { type: sqlite, path: "\(directory.path)/crm.db" }
        jobs:
          contacts:
            source: app
            destination: crm
            \(rate)
            streams:
              - { stream: contacts, destination: people, key: [id] }
        """.write(toFile: "\(directory.path)/sluice.yaml", atomically: true, encoding: .utf8)
        return directory
    }

    private func arguments(_ verb: [String], _ directory: TemporaryDirectory) -> [String] {
        verb + ["--config", "\(directory.path)/sluice.yaml", "--store", "\(directory.path)/sluice.db"]
    }

    private func written(_ directory: TemporaryDirectory) throws -> Int {
        let crm = try SQLiteConnection(path: "\(directory.path)/crm.db", access: .readOnly, busyTimeout: .seconds(5))
        let statement = try crm.statement("SELECT count(*) FROM people")
        return try statement.step() ? Int(statement.integer(at: 0)) : -1
    }

    @Test func `run brings every record over and exits with 0`() throws {
        let directory = try prepare(3_000)
        let command = try Terminal(arguments(["run", "contacts"], directory))
        let status = try command.exitStatus()
        #expect(status == 0, "\(command.text)")
        #expect(try written(directory) == 3_000)
    }

    @Test func `Ctrl-C drains a run, which exits with 3 and has written what it says`() throws {
        let directory = try prepare(20_000, rate: "rate_limit: 1000/s")
        let command = try Terminal(arguments(["run", "contacts", "--output", "json"], directory))
        let store = "\(directory.path)/sluice.db"
        // The store knows of the run as soon as something is written.
        while try written(directory) == 0 {}
        try command.interrupt()
        let status = try command.exitStatus()
        #expect(status == 3, "\(command.text)")
        let shown = try Terminal(["show", "1", "--store", store, "--output", "json"])
        #expect(try shown.exitStatus() == 0)
        #expect(shown.text.contains("\"applied\""))
        #expect(try written(directory) < 20_000)
    }

    @Test func `a second coordinator on a store is refused with the address of the first`() throws {
        let directory = try prepare(10)
        let server = try SluiceServer(
            in: directory.path,
            configuration: String(contentsOfFile: "\(directory.path)/sluice.yaml", encoding: .utf8)
        )
        let second = try Terminal(["serve", "--store", server.store, "--port", "0"])
        #expect(try second.exitStatus() == 1)
        #expect(second.text.contains("is in use by process"))
        #expect(second.text.contains("http://127.0.0.1:"))
    }

    @Test func `a port in use is named`() throws {
        let directory = try prepare(10)
        let server = try SluiceServer(
            in: directory.path,
            configuration: String(contentsOfFile: "\(directory.path)/sluice.yaml", encoding: .utf8)
        )
        let port = server.client.server.authority.split(separator: ":").last.map(String.init) ?? ""
        let second = try Terminal(["serve", "--store", "\(directory.path)/other.db", "--port", port])
        #expect(try second.exitStatus() == 1)
        #expect(second.text.contains(port))
    }

    @Test func `a killed worker is proven dead and its run goes on to the end`() throws {
        let directory = try prepare(4_000, rate: "rate_limit: 2000/s")
        let server = try SluiceServer(
            in: directory.path,
            configuration: String(contentsOfFile: "\(directory.path)/sluice.yaml", encoding: .utf8)
        )
        let run = try server.client.sync(job: "contacts", SyncRequest(actor: "test", trigger: "test"))
        let going = try server.wait(for: run, "a first write") { $0.counts.applied > 0 }
        let pid = try #require(going.workers.first { $0.state == .working }?.pid)
        let dead = try server.client.kill(worker: "\(pid)", actor: "test")
        #expect(dead.death?.contains("reaped") == true)
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .completed)
        #expect(ended.counts.applied == 4_000)
        #expect(try written(directory) == 4_000)
    }
}
