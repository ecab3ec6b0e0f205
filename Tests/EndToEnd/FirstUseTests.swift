import Client
import Drivers
import Foundation
import Model
import TestSupport
import Testing

/// What somebody who knows only the README and --help meets.
@MainActor @Suite(.serialized) struct FirstUseTests {
    /// A finished run, 1, of contacts into a table of the fields that the README's recipe names; two records break a rule.
    private func finished(_ crossing: Crossing) throws -> SluiceServer {
        try crossing.source.run(
            "ALTER TABLE contacts ADD country text; UPDATE contacts SET country = 'FR' WHERE id > 9"
        )
        try crossing.destination.run(
            """
            CREATE TABLE contacts (id bigint PRIMARY KEY, email text CHECK (email !~ '^new1[67]@'), company text);
            INSERT INTO contacts SELECT i, 'old' || i, 'c' FROM generate_series(1, 400) i;
            UPDATE contacts SET email = NULL WHERE id = 20
            """
        )
        let configuration = crossing.configuration.replacing(
            "destination: people, key: [id]",
            with: "key: [id], map: { company: \"({country})\" }"
        )
        let server = try SluiceServer(in: crossing.folder, configuration: configuration)
        #expect(try server.waitForEnd(of: server.start()).state == .completed)
        return server
    }

    private func refusal(_ command: Terminal, status: Int32 = 1) throws -> String {
        #expect(try command.exitStatus() == status, "\(command.text)")
        return command.text
    }

    @Test func `names that are not there are answered with those that are`() throws {
        let crossing = try Crossing()
        let server = try finished(crossing)
        let stream = try refusal(crossing.command("records", "1", "--stream", "people"))
        #expect(stream == "sluice: run 1 has no stream \"people\"; it has: contacts\n")
        let field = try refusal(crossing.command("records", "1", "--field", "nosuch"))
        #expect(field == "sluice: the run has written no field \"nosuch\"; it has written: company, email, id\n")
        let job = try refusal(crossing.command("runs", "--job", "nope"))
        #expect(job == "sluice: job \"nope\" not found; known: contacts, others\n")
        let none = try refusal(crossing.command("records", "1", "--verdict", "unchanged"), status: 0)
        #expect(none == "no records\n", "no record was unchanged: \(none)")
        #expect(try server.waitForEnd(of: server.start()).state == .completed)
        let counted = try refusal(crossing.command("records", "2", "--verdict", "unchanged"), status: 0)
        #expect(counted.contains("unchanged: 498 records, counted and not listed one by one"), "\(counted)")
        // Without a server it is the same.
        try server.kill()
        #expect(try refusal(crossing.command("records", "1", "--stream", "people")) == stream)
    }

    @Test func `a template that may be NULL, a paused job, a rejected value: they are shown`() throws {
        let crossing = try Crossing()
        let server = try finished(crossing)
        let warning = "field \"company\" is a template, so it becomes NULL where \"country\" is NULL"
        let receipt = try refusal(crossing.command("show", "1"), status: 0)
        #expect(receipt.contains("  warning: stream \"contacts\": \(warning)"), "\(receipt)")
        let log = try refusal(crossing.command("logs", "1", "--level", "warning"), status: 0)
        #expect(log.contains(warning), "\(log)")

        let page = try server.client.records(RecordQuery(run: server.client.run("1").id, verdicts: [.rejected]))
        #expect(page.records.map(\.key) == ["16", "17"])
        let values = page.records.map { $0.changes.first { $0.field == "email" } }
        #expect(values.map { $0?.after } == ["new16@example.com", "new17@example.com"])
        #expect(values.allSatisfy { $0?.before == nil })

        _ = try server.client.pause(job: "contacts", paused: true, actor: "ada")
        let sync = try refusal(crossing.command("sync", "contacts", "--follow"), status: 0)
        #expect(sync.contains("contacts is paused (paused by ada): no schedule starts it, but this does"), "\(sync)")
        #expect(sync.contains("sluice jobs resume contacts"), "\(sync)")
        let check = try refusal(crossing.command("check"), status: 0)
        #expect(check.split(separator: "\n").map { $0.prefix { $0 != ":" } } == ["app", "crm"], "\(check)")
    }

    /// psql, because the recipe is written for it.
    @Test func `the recipe of the README puts a field back, and leaves alone what was changed since`() throws {
        let crossing = try Crossing()
        _ = try finished(crossing)
        try crossing.destination.run("UPDATE contacts SET email = 'somebody else' WHERE id = 30")
        let readme = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../README.md")
        let section = try String(contentsOf: readme, encoding: .utf8).components(separatedBy: "## Putting it back")[1]
        let recipe = section.components(separatedBy: "```bash\n")[1].components(separatedBy: "```")[0]
        #expect(recipe.contains("sluice records 2 "))
        let binaries = URL(filePath: try SluiceServer.binary("sluice")).deletingLastPathComponent().path
        let script = """
            set -e; cd '\(crossing.folder)'; PATH="\(binaries):$PATH"
            \(recipe.replacing("records 2 ", with: "records 1 "))
            """
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", script]
        process.environment = ProcessInfo.processInfo.environment.merging(["CRM_URL": crossing.destination.url]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let wrong = """
            SELECT id, email FROM contacts
            WHERE id <= 400 AND email IS DISTINCT FROM (CASE WHEN id <> 20 THEN 'old' || id END) ORDER BY id
            """
        #expect(try crossing.destination.rows(wrong) == ["30|somebody else"])
        #expect(try crossing.destination.value("SELECT count(*) FROM contacts WHERE email LIKE 'new%'") == "100")
    }
}
