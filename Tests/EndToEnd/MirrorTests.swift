import Client
import Foundation
import Model
import TestSupport
import Testing

/// Streams whose destination loses what the source has lost, with the real programs.
@MainActor @Suite(.serialized) struct MirrorTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func run(_ server: SluiceServer) throws -> RunView {
        try server.waitForEnd(of: server.start())
    }

    private func records(_ server: SluiceServer, _ run: RunView, _ operation: RecordOperation) throws -> [RecordView] {
        let query = RecordQuery(run: run.id, operations: [operation], limit: RecordQuery.limitMax)
        return try server.client.records(query).records
    }

    private func command(_ arguments: String...) throws -> Terminal {
        try Terminal(arguments + ["--store", directory.file("sluice.db")])
    }

    @Test(arguments: Ends.Kind.allCases)
    func `what the source has lost is deleted, and what somebody else wrote stays`(_ kind: Ends.Kind) throws {
        let ends = try Ends(kind, records: 200, in: directory.path)
        try ends.destination.run("INSERT INTO people VALUES (7, 'mail7'), (1000, 'somebody')")
        let server = try ends.serve(maxDeletes: "0.1")
        let first = try run(server)
        #expect(first.state == .completed)
        #expect((first.counts.inserted, first.counts.unchanged, first.counts.deleted) == (199, 1, 0))

        // 7 was there, as it is at the source: it is not the stream's own.
        try ends.source.run(
            "DELETE FROM contacts WHERE id IN (7, 50, 51, 120); UPDATE contacts SET mail = 'x' WHERE id = 8"
        )
        let second = try run(server)
        #expect(second.state == .completed)
        #expect((second.counts.deleted, second.counts.updated, second.counts.rejected) == (3, 1, 0))
        let expected = (1...200).filter { ![50, 51, 120].contains($0) } + [1_000]
        #expect(try ends.destination.ids("people") == expected)
        let deleted = try records(server, second, .delete)
        #expect(deleted.map(\.key) == ["50", "51", "120"])
        #expect(deleted.allSatisfy { $0.verdict == .applied })
        let change = try #require(deleted.first?.changes.first { $0.field == "email" })
        #expect((change.before, change.after) == ("mail50", nil))

        let listed = try command("records", "2", "--operation", "delete", "--format", "csv")
        #expect(try listed.exitStatus() == 0)
        #expect(listed.text.contains("mail120"), "\(listed.text)")
        let shown = try command("show", "2")
        #expect(try shown.exitStatus() == 0)
        #expect(shown.text.contains("3 deleted"), "\(shown.text)")
        #expect(try run(server).counts.deleted == 0)
        #expect(try ends.leftovers() == 0, "what the runs made for themselves is removed")
    }

    @Test(arguments: Ends.Kind.allCases)
    func `a run that would delete too much is held until a person lets it`(_ kind: Ends.Kind) throws {
        let ends = try Ends(kind, records: 200, in: directory.path)
        let server = try ends.serve()
        _ = try run(server)
        try ends.source.run("DELETE FROM contacts WHERE id > 150")
        for mode in [CancelMode.force, .graceful] {
            let started = try server.start()
            let held = try server.wait(for: started, "being held") { $0.state == .held }
            #expect(held.hold?.cause == .deletes)
            let reason = try #require(held.reason)
            #expect(reason.hasPrefix("50 of the 200 rows that stream contacts has written are no longer at its source"))
            #expect(reason.contains("that is 25 %, allowed are 1 %"), "\(reason)")
            #expect(try server.cancel(started, mode).accepted)
            let ended = try server.waitForEnd(of: started)
            #expect(ended.state == .cancelled)
            #expect(ended.counts.deleted == 0)
            #expect(try ends.destination.ids("people") == Array(1...200))
        }
        let started = try server.start()
        _ = try server.wait(for: started, "being held") { $0.state == .held }
        let release = try command("release", "4")
        #expect(try release.exitStatus() == 0, "\(release.text)")
        let ended = try server.waitForEnd(of: started)
        #expect(ended.state == .completed)
        #expect((ended.counts.deleted, ended.counts.planned, ended.counts.notAttempted) == (50, 200, 0))
        #expect(try ends.destination.ids("people") == Array(1...150))
    }

    @Test func `a record without a readable key turns deletes off, and the run says so`() throws {
        let ends = try Ends(.sqlite, records: 0, in: directory.path, sourceIsFile: true)
        let lines = ["id,mail"] + (1...20).map { "\($0),mail\($0)" }
        func write(_ lines: [String]) throws {
            try lines.joined(separator: "\n").write(
                toFile: directory.file("contacts.csv"),
                atomically: true,
                encoding: .utf8
            )
        }
        try write(lines)
        let server = try ends.serve(maxDeletes: "1")
        #expect(try run(server).counts.inserted == 20)
        try write(lines.dropLast(2) + ["nineteen,mail19"])
        let second = try run(server)
        #expect(second.state == .completed)
        #expect((second.counts.deleted, second.counts.rejected) == (0, 1))
        let logs = try command("logs", "2")
        #expect(try logs.exitStatus() == 0)
        let expected = "nothing of stream contacts is deleted in this run: a record has no readable key"
        #expect(logs.text.contains(expected), "\(logs.text)")
        #expect(try ends.destination.ids("people") == Array(1...20))
        try write(lines.dropLast(2))
        #expect(try run(server).counts.deleted == 2)
    }

    @Test(arguments: Ends.Kind.allCases)
    func `after a force cancel amid deletes exactly those are gone that are said to be`(_ kind: Ends.Kind) throws {
        let ends = try Ends(kind, records: 1_500, in: directory.path)
        let server = try ends.serve(maxDeletes: "1", rate: "2000/s")
        _ = try run(server)
        var amid = 0
        for round in 1...3 {
            let before = try ends.destination.ids("people")
            try ends.source.run("DELETE FROM contacts WHERE id % 4 = \(round)")
            let started = try server.start()
            let reached = Int.random(in: 0...250)
            _ = try server.wait(for: started, "deletes") { $0.counts.deleted >= reached || $0.state.isTerminal }
            _ = try server.cancel(started, .force)
            let ended = try server.waitForEnd(of: started)
            let deleted = try records(server, ended, .delete).filter { $0.verdict == .applied }.compactMap {
                Int($0.key)
            }
            let left = try ends.destination.ids("people")
            #expect(Set(left) == Set(before).subtracting(deleted), "round \(round), \(reached)")
            #expect(ended.counts.deleted == deleted.count)
            #expect((ended.counts.unknowable, ended.counts.indeterminate) == (0, 0))
            amid += ended.state == .cancelled && !deleted.isEmpty ? 1 : 0
        }
        #expect(amid > 0, "no cancel came amid deletes")
        let last = try run(server)
        #expect(last.state == .completed)
        #expect(try ends.destination.ids("people") == ends.source.ids("contacts"))
    }

    @Test(
        arguments: Ends.Kind.allCases,
        ["before_intent", "after_intent", "after_permit", "in_commit", "before_outcome"]
    )
    func `a worker that is killed amid deletes leaves the run exact`(_ kind: Ends.Kind, _ site: String) throws {
        let ends = try Ends(kind, records: 500, in: directory.path)
        var server = try ends.serve(maxDeletes: "1")
        _ = try run(server)
        try server.kill()
        try ends.source.run("DELETE FROM contacts WHERE id > 100")
        // Two batches of records, eight of deletes, among two workers or for one.
        let pass = kind == .postgres ? 4 : 5
        server = try ends.serve(
            maxDeletes: "1",
            environment: [
                "SLUICE_TEST_KILL_AT": "\(site):\(pass)", "SLUICE_TEST_KILL_ONCE": directory.file("once"),
            ]
        )
        let ended = try run(server)
        #expect(FileManager.default.fileExists(atPath: directory.file("once")), "nobody was killed")
        #expect(ended.state == .completed)
        #expect((ended.counts.deleted, ended.counts.unchanged, ended.counts.rejected) == (400, 100, 0))
        #expect(try records(server, ended, .delete).count { $0.verdict == .applied } == 400)
        #expect(try ends.destination.ids("people") == Array(1...100))
    }

    @Test(arguments: Ends.Kind.allCases)
    func `of two source records with one key in different batches the second is rejected`(_ kind: Ends.Kind) throws {
        let ends = try Ends(kind, records: 300, in: directory.path)
        try ends.source.run("UPDATE contacts SET mail = 'MAIL' || (id - 200) || ' ' WHERE id > 280")
        try ends.destination.run("CREATE TABLE addresses (email VARCHAR(50) PRIMARY KEY)")
        let server = try ends.serve(
            stream: """
                { stream: contacts, destination: addresses, key: [email], drop: [id],
                  map: { email: { from: mail, case: lower, trim: true } } }
                """
        )
        for (inserted, unchanged) in [(280, 0), (0, 280)] {
            let ended = try run(server)
            #expect(ended.state == .completed)
            #expect((ended.counts.inserted, ended.counts.unchanged, ended.counts.rejected) == (inserted, unchanged, 20))
            let rejected = try records(server, ended, .reject)
            #expect(rejected.count == 20)
            #expect(Set(rejected.compactMap(\.rejectionCode)) == ["duplicate_key"])
            // Batches run side by side: either one of the two is the first.
            #expect(Set(rejected.map(\.key)) == Set((81...100).map { "mail\($0)" }))
        }
        #expect(try ends.leftovers() == 0)
    }
}
