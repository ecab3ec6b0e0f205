import Client
import Drivers
import Foundation
import Model
import TestSupport
import Testing

/// What can be done to runs besides stopping them, judged by reading the destination.
@MainActor @Suite(.serialized) struct SteeringTests {
    @Test func `a frozen connection permits nothing; unfrozen, its runs go on and are exact`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        let reply = try server.client.freeze(connection: "crm", actor: "ada", reason: "it burns")
        #expect(reply == FreezeReply(connection: "crm", isFrozen: true, runs: [run.number]))
        // What was permitted before may still commit.
        try other.execute("ROLLBACK")
        let held = try server.wait(for: run, "its permitted write") { $0.counts.indeterminate == 0 }
        #expect(held.state == .held)
        #expect(held.hold?.cause == .frozen)
        #expect(held.reason?.hasPrefix("connection \"crm\" is frozen by ada: it burns") == true)
        let waiting = try server.start("others")
        #expect(waiting.state == .queued)
        let refusal = #expect(throws: SluiceError.self) { try server.client.release("\(run.number)", actor: "bob") }
        #expect(refusal?.code == .conflict)
        #expect(refusal?.message.contains("is frozen by ada") == true)
        #expect(try crossing.written() == Set(1...150))
        #expect(try server.client.run("\(waiting.number)").state == .queued)
        let command = try crossing.command("unfreeze", "crm")
        #expect(try command.exitStatus() == 0, "\(command.text)")
        #expect(command.text.contains("crm takes writes again"))
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .completed)
        #expect(ended.hold == nil)
        #expect(try server.waitForEnd(of: waiting).state == .completed)
        #expect(try crossing.written() == Set(1...Crossing.records))
        try crossing.judge(ended, on: server)
    }

    @Test func `a freeze outlives the coordinator`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        _ = try server.client.freeze(connection: "crm", actor: "ada", reason: nil)
        try server.kill()
        try server.restart()
        let run = try server.start()
        #expect(run.state == .queued)
        #expect(try crossing.written().isEmpty)
        _ = try server.client.unfreeze(connection: "crm", actor: "ada")
        #expect(try server.waitForEnd(of: run).state == .completed)
        #expect(try crossing.written() == Set(1...Crossing.records))
    }

    @Test(arguments: [CancelMode.graceful, .force])
    func `one stream is cancelled, the other goes on to its end`(mode: CancelMode) throws {
        let crossing = try Crossing()
        let server = try SluiceServer(in: crossing.folder, configuration: twoStreams(of: crossing))
        let other = try crossing.block()
        let run = try server.start("both")
        try crossing.waitUntilBlocked()
        var request = CancelRequest(mode: mode, actor: "ada", reason: "not those")
        request.streams = ["nobody"]
        let unknown = #expect(throws: SluiceError.self) { try server.client.cancel("\(run.number)", request) }
        #expect(unknown?.message == "run 1 has no stream \"nobody\"; it has: contacts to people, contacts to others")
        request.streams = ["people"]
        let reply = try server.client.cancel("\(run.number)", request)
        #expect(reply.accepted)
        #expect(reply.run.state == .running)
        try other.execute("ROLLBACK")
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .cancelled)
        #expect(ended.streams.map { $0.cancel?.mode } == [mode, nil])
        let shown = try server.client.run("\(run.number)")
        let counts = try shown.streams.map { try #require($0.counts) }
        #expect(counts.map(\.applied) == [try crossing.written().count, Crossing.records])
        #expect(counts[0].notAttempted + counts[0].notApplied > 0)
        #expect(counts[1].notAttempted == 0)
        #expect(counts.map(\.applied).reduce(0, +) == shown.counts.applied)
        let receipt = try crossing.command("show", "\(run.number)")
        #expect(try receipt.exitStatus() == 0)
        #expect(receipt.text.contains("cancelled in part, 1 of 2 streams"), "\(receipt.text)")
        #expect(receipt.text.contains("contacts to others  "), "\(receipt.text)")
        #expect(try crossing.written() == Set(1...(mode == .force ? 100 : 150)))
        let copied = "SELECT count(*) FROM others WHERE email = 'new' || id || '@example.com'"
        #expect(try crossing.destination.value(copied) == "\(Crossing.records)")
        let page = try server.client.records(RecordQuery(run: run.id, limit: RecordQuery.limitMax))
        let applied = page.records.filter { $0.target.hasSuffix("people") && $0.verdict == .applied }
        #expect(Set(applied.compactMap { Int($0.key) }) == (try crossing.written()))
        #expect(ended.counts.applied == Crossing.records + applied.count)
        #expect(ended.counts.batchesPlanned == ended.counts.batchesDone + ended.counts.batchesWithheld)
    }

    @Test func `a second run gets its share of the slots while the first goes on`() throws {
        let crossing = try Crossing(job: ["rate_limit: 250/s"])
        let configuration = crossing.configuration.replacing("workers: 1", with: "workers: 2")
        let server = try SluiceServer(in: crossing.folder, configuration: configuration)
        let first = try server.start()
        _ = try server.wait(for: first, "two workers") { $0.workers.count { $0.state == .working } == 2 }
        let second = try server.start("others")
        #expect(try server.waitForEnd(of: second).state == .completed)
        #expect(try server.client.run("\(first.number)").state == .running)
        _ = try server.wait(for: first, "its two workers again") { run in
            run.state.isTerminal || run.workers.count { $0.state == .working } == 2
        }
        let ended = try server.waitForEnd(of: first)
        #expect(ended.state == .completed)
        try crossing.judge(ended, on: server)
    }

    @Test func `a cancel is previewed without changing anything`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        let preview = try server.client.cancelPreview("\(run.number)")
        #expect(preview.drainRecords == Crossing.batch)
        #expect(preview.uncertainRecords == Crossing.batch)
        #expect(preview.processes == 1)
        let command = try crossing.command("cancel", "\(run.number)", "--preview")
        #expect(try command.exitStatus() == 0)
        #expect(command.text.contains("graceful: at most 50 more records"), "\(command.text)")
        #expect(command.text.contains("force: at most 50 records uncertain until reconciled, 1 process killed"))
        try other.execute("ROLLBACK")
        #expect(try server.waitForEnd(of: run).state == .completed)
    }

    @Test func `the log of a run tells what happened to it, and is followed to its end`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        let following = try crossing.command("logs", "\(run.number)", "--follow", "--level", "debug")
        try other.execute("ROLLBACK")
        #expect(try server.waitForEnd(of: run).state == .completed)
        #expect(try following.exitStatus() == 0)
        let committed = "batch 2 of contacts committed: 25 inserted, 25 updated, 0 deleted, 0 unchanged"
        for line in [
            "run started by test", "has both ends open", "the run has 500 records in 10 batches", committed,
            "run ended: completed",
        ] {
            #expect(following.text.contains(line), "\(following.text)")
        }
        let warnings = try crossing.command("logs", "\(run.number)", "--level", "warning")
        #expect(try warnings.exitStatus() == 0)
        #expect(!warnings.text.contains("committed"), "\(warnings.text)")
        let json = try crossing.command("logs", "\(run.number)", "--output", "json")
        #expect(try json.exitStatus() == 0)
        let lines = try json.text.split(separator: "\n").map {
            try APICoding.decoder().decode(LogLine.self, from: Data($0.utf8))
        }
        #expect(lines.first?.message.hasPrefix("run started by test") == true)
        #expect(lines.map(\.ordinal) == lines.map(\.ordinal).sorted())
    }

    @Test func `ordered streams come one after the other`() throws {
        let crossing = try Crossing()
        let configuration = twoStreams(of: crossing).replacing("workers: 1", with: "workers: 2\n    ordered: true")
        let server = try SluiceServer(in: crossing.folder, configuration: configuration)
        let run = try server.start("both")
        #expect(try server.waitForEnd(of: run).state == .completed)
        let query = LogQuery(run: run.id, level: .debug, limit: LogQuery.limitMax)
        let commits = try server.client.logs(query).map(\.message).filter { $0.contains("committed") }
        let sequence = commits.compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }
        #expect(sequence.count == 20)
        #expect(Set(sequence.prefix(10)) == Set(0..<10))
    }

    private func twoStreams(of crossing: Crossing) -> String {
        """
        connections:
          app: { type: postgres, url: "\(crossing.source.url)" }
          crm: { type: postgres, url: "\(crossing.destination.url)" }
        jobs:
          both:
            source: app
            destination: crm
            workers: 1
            batch: { records: \(Crossing.batch) }
            streams:
              - { stream: contacts, destination: people, key: [id] }
              - { stream: contacts, destination: others, key: [id] }
        """
    }
}
