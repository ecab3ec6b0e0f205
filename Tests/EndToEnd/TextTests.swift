import Client
import Drivers
import Foundation
import Model
import TestSupport
import Testing

/// Text that a SQLite file holds and Postgres cannot.
@MainActor @Suite(.serialized) struct TextTests {
    @Test func `a text with NUL or broken UTF-8 rejects its record alone, with the reason`() throws {
        let directory = try TemporaryDirectory()
        let server = try PostgresServer()
        try server.run("CREATE TABLE people (id bigint PRIMARY KEY, email text)")
        try SampleFile.make(
            directory.file("app.db"),
            """
            CREATE TABLE contacts (id INTEGER PRIMARY KEY, email TEXT);
            INSERT INTO contacts VALUES (1, 'a@x'), (2, 'b' || char(0) || '@x'), (3, CAST(x'63ff4078' AS TEXT)),
              (4, char(0)), (5, 'é@x')
            """
        )
        try """
        connections:
          app: { type: sqlite, path: "\(directory.file("app.db"))" }
          crm: { type: postgres, url: "\(server.url)" }
        jobs:
          contacts:
            source: app
            destination: crm
            streams:
              - { stream: contacts, destination: people, key: [id] }
        """.write(toFile: directory.file("sluice.yaml"), atomically: true, encoding: .utf8)
        let store = ["--store", directory.file("sluice.db")]
        let run = try Terminal(["run", "contacts", "--config", directory.file("sluice.yaml")] + store)
        #expect(try run.exitStatus() == 0, "\(run.text)")
        #expect(try server.rows("SELECT id, email FROM people ORDER BY id") == ["1|a@x", "5|é@x"])
        let list = try Terminal(["records", "1", "--verdict", "rejected", "--output", "json"] + store)
        #expect(try list.exitStatus() == 0)
        let page = try APICoding.decoder().decode(RecordPage.self, from: Data(list.text.utf8))
        #expect(page.records.map(\.key) == ["2", "3", "4"])
        #expect(page.records.allSatisfy { $0.rejectionField == "email" })
        let reason = "invalid byte sequence for encoding \"UTF8\": "
        #expect(page.records.map(\.rejectionReason) == [reason + "0x00", reason + "0xff", reason + "0x00"])
    }
}
