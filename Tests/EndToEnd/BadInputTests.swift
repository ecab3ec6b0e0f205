import Foundation
import Model
import TestSupport
import Testing

/// What is wrong in a configuration or at its systems, and what a person reads then.
@MainActor @Suite(.serialized) struct BadInputTests {
    private static let table = "CREATE TABLE people (id bigint PRIMARY KEY, email text)"

    /// A configuration of one job from a SQLite file with three contacts into an empty database of the test server.
    private func configuration(destination url: String, stream: String = "") -> String {
        """
        connections:
          app: { type: sqlite, path: app.db }
          crm: { type: postgres, url: "\(url)" }
        jobs:
          contacts:
            source: app
            destination: crm
            streams:
              - { \(stream.isEmpty ? "stream: contacts, destination: people, key: [id]" : stream) }
        """
    }

    /// What `sluice COMMAND` prints with that configuration; it must fail.
    private func complaint(
        _ command: [String],
        _ configuration: String,
        isStoreMade: Bool? = nil
    ) throws -> String {
        let directory = try TemporaryDirectory()
        try SampleFile.make(
            directory.file("app.db"),
            "CREATE TABLE contacts (id INTEGER PRIMARY KEY, email TEXT);"
                + "INSERT INTO contacts VALUES (1, 'a@x'), (2, 'b@x'), (3, 'c@x');"
                + "CREATE TABLE pictures (id INTEGER PRIMARY KEY, email BLOB)"
        )
        let text = configuration.replacing("path: app.db", with: "path: \(directory.file("app.db"))")
        try text.write(toFile: directory.file("sluice.yaml"), atomically: true, encoding: .utf8)
        var arguments = command + ["--config", directory.file("sluice.yaml")]
        arguments += ["--store", directory.file("sluice.db")]
        let terminal = try Terminal(arguments)
        #expect(try terminal.exitStatus() == 1)
        if let isStoreMade {
            #expect(FileManager.default.fileExists(atPath: directory.file("sluice.db")) == isStoreMade)
        }
        return terminal.text.replacing(directory.path, with: "DIR")
    }

    @Test func `check names each system that cannot be reached, and why`() throws {
        let server = try PostgresServer()
        let role = "role_\(server.database)"
        try server.run("CREATE ROLE \(role) LOGIN PASSWORD 'right' IN ROLE password_required")
        defer { #expect(throws: Never.self) { try server.run("DROP ROLE \(role)") } }
        let text = try complaint(
            ["check"],
            """
            connections:
              closed: { type: postgres, url: "postgresql://ada@127.0.0.1:1/crm" }
              wrong: { type: postgres, url: "\(server.url(user: role, password: "topsecret"))" }
              nowhere: { type: postgres, url: "\(PostgresServer.url(server.url, database: "nowhere"))" }
              gone: { type: sqlite, path: /nowhere/app.db }
              fine: { type: postgres, url: "\(server.url)" }
            jobs: {}
            """
        )
        let lines = text.split(separator: "\n").map(String.init)
        func line(_ name: String) -> String { lines.first { $0.hasPrefix("\(name): ") } ?? "" }
        #expect(line("closed").contains("FAILED, connection \"closed\""), "\(text)")
        #expect(line("closed").contains("127.0.0.1, port 1"), "\(text)")
        #expect(line("wrong").contains("password authentication failed for user \"\(role)\""), "\(text)")
        #expect(line("nowhere").contains("database \"nowhere\" does not exist"), "\(text)")
        #expect(line("gone").contains("/nowhere/app.db"), "\(text)")
        #expect(line("fine").hasPrefix("fine: ok"), "\(text)")
        #expect(!text.contains("topsecret"))
    }

    @Test func `run names a destination that cannot be reached, before anything is written`() throws {
        let text = try complaint(
            ["run", "contacts", "--patience", "500ms"],
            configuration(destination: "postgresql://ada@127.0.0.1:1/crm"),
            isStoreMade: true
        )
        #expect(text.contains("Run 1 of contacts: failed"), "\(text)")
        #expect(text.contains("connection \"crm\""), "\(text)")
        #expect(text.contains("127.0.0.1, port 1"), "\(text)")
    }

    @Test(
        arguments: [
            (
                "stream: contact, destination: people, key: [id]", "table \"contact\" not found",
                "did you mean \"contacts\""
            ),
            (
                "stream: contacts, destination: persons, key: [id]", "table \"persons\" not found",
                "there are: \"keyless\", \"people\", \"birthdays\""
            ),
            (
                "stream: contacts, destination: people, key: [id], map: { email: mail }", "column \"mail\"",
                "the source has only id, email"
            ),
            (
                "stream: contacts, destination: people, key: [id], map: { e_mail: email }", "field \"e_mail\"",
                "people has only id, email"
            ),
            ("stream: contacts, destination: people, key: [number]", "key \"number\"", "id, email"),
            (
                "stream: contacts, destination: keyless, key: [id]", "(id) is no unique key of table \"keyless\"",
                "add a primary key"
            ),
            ("stream: pictures, destination: birthdays, key: [id]", "\"email\"", "date"),
        ]
    )
    func `run names what is not at the source or the destination, with what is there`(
        stream: String,
        missing: String,
        hint: String
    ) throws {
        let server = try PostgresServer()
        try server.run(
            """
            \(Self.table);
            CREATE TABLE keyless (id bigint, email text);
            CREATE TABLE birthdays (id bigint PRIMARY KEY, email date)
            """
        )
        let text = try complaint(["run", "contacts"], configuration(destination: server.url, stream: stream))
        #expect(text.contains("Run 1 of contacts: failed"), "\(text)")
        #expect(text.contains(missing), "\(text)")
        #expect(text.contains(hint), "\(text)")
        #expect(try server.value("SELECT count(*) FROM people") == "0")
    }

    @Test(
        arguments: [
            ("source: app", "source: [app", "sluice.yaml:7:16: not valid YAML: did not find expected ',' or ']'"),
            (
                "source: app", "sauce: app",
                "sluice.yaml:6:5: jobs.contacts.sauce: unknown key \"sauce\"; did you mean \"source\"?; allowed: source, "
            ),
            (
                ", key: [id]", "",
                "sluice.yaml:9:9: jobs.contacts.streams[0]: \"key\" is missing; write mode upsert needs the destination fields"
            ),
            (
                "source: app", "source: shop",
                "sluice.yaml:6:13: jobs.contacts.source: connection \"shop\" is not under connections; there are: app, crm"
            ),
            (
                "type: sqlite", "type: sqlight",
                "sluice.yaml:2:16: connections.app.type: unknown type \"sqlight\"; allowed: csv, jsonl, postgres, sqlite"
            ),
        ]
    )
    func `a mistake in the configuration is named by file and line, and nothing is applied`(
        right: String,
        wrong: String,
        message: String
    ) throws {
        let text = configuration(destination: "postgresql://ada@127.0.0.1:1/crm").replacing(right, with: wrong)
        for command in [["run", "contacts"], ["apply"], ["check"]] {
            let complaint = try complaint(command, text, isStoreMade: false)
            #expect(complaint.contains("sluice: DIR/\(message)"), "\(complaint)")
        }
    }
}
