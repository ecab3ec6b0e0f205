import Client
import Foundation
import Model
import TestSupport
import Testing

/// `sluice apply` against a real server.
@MainActor @Suite(.serialized) struct ApplyTests {
    private static func text(email: String, path: String) -> String {
        """
        connections:
          app: { type: sqlite, path: /nowhere/app.db }
          crm: { type: sqlite, path: \(path) }
        jobs:
          contacts:
            source: app
            destination: crm
            streams:
              - { stream: contacts, destination: people, key: [id], map: { email: "\(email)" } }
        """
    }

    private func apply(_ arguments: [String], _ directory: TemporaryDirectory) throws -> (status: Int32, text: String) {
        let command = try Terminal(
            ["apply", "--config", directory.file("new.yaml"), "--store", directory.file("sluice.db")] + arguments
        )
        return (try command.exitStatus(), command.text)
    }

    @Test func `a dry run shows the difference and changes nothing; applying shows the same and does`() throws {
        let directory = try TemporaryDirectory()
        let server = try SluiceServer(
            in: directory.path,
            configuration: Self.text(email: "{company}@x", path: "/nowhere/crm.db")
        )
        let before = try server.client.job("contacts")
        #expect(before.version == 1)
        try Self.text(email: "{email}", path: "/nowhere/other.db")
            .write(toFile: directory.file("new.yaml"), atomically: true, encoding: .utf8)
        let lines = """
            connection app: unchanged
            connection crm: changed
              path: /nowhere/crm.db -> /nowhere/other.db
            job contacts: changed (version 2, was 1)
              streams[contacts].map.email: {company}@x -> {email}

            """
        for _ in 1...2 {
            let dry = try apply(["--dry-run"], directory)
            #expect(dry.status == 0)
            #expect(dry.text == lines + "this was a dry run: nothing is changed\n")
        }
        #expect(try server.client.job("contacts") == before)

        let json = try apply(["--dry-run", "--output", "json"], directory)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let reply = try decoder.decode(ApplyReply.self, from: Data(json.text.utf8))
        #expect(reply.dryRun)
        #expect(reply.changes.map(\.outcome) == [.unchanged, .changed, .changed])
        #expect(
            reply.changes.last?.fields == [
                FieldDifference(path: "streams[contacts].map.email", before: "{company}@x", after: "{email}")
            ]
        )

        #expect(try apply([], directory) == (0, lines))
        #expect(try server.client.job("contacts").version == 2)
        let again = try apply(["--dry-run"], directory)
        #expect(again.text.contains("connection crm: unchanged\njob contacts: unchanged (version 2)\n"))
    }

    @Test func `a mistaken file is refused before anything is asked, with every mistake`() throws {
        let directory = try TemporaryDirectory()
        try "connections:\n  a: { type: sqlit, path: a }\njobs: 5\n"
            .write(toFile: directory.file("new.yaml"), atomically: true, encoding: .utf8)
        let command = try apply(["--dry-run"], directory)
        #expect(command.status != 0)
        #expect(
            command.text.contains("new.yaml:2:14: connections.a.type: unknown type \"sqlit\"; did you mean \"sqlite\"?")
        )
        #expect(command.text.contains("new.yaml:3:7: jobs: expected keys with values, found 5"))
    }
}
