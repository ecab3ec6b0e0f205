import Client
import Foundation
import Model
import TestSupport
import Testing

/// A worker that was written from Protocols/ alone, under the real coordinator and supervisor.
@MainActor @Suite(.serialized) struct SecondWorkerTests {
    /// A server whose workers are all of the second kind, and a run of its job.
    private func start(
        _ files: ContactFiles,
        rate: String = "",
        dyingAt site: String? = nil
    ) throws -> (server: SluiceServer, run: RunView) {
        let second = try SecondWorker(in: files.directory)
        if let site { try "\(site):2".write(toFile: files.directory.file("kill"), atomically: true, encoding: .utf8) }
        let server = try SluiceServer(
            in: files.directory.path,
            configuration: files.configuration(rate: rate),
            environment: second.environment
                .merging(files.environment) { $1 }
                .merging(["SLUICE_TEST_KILL_FILE": files.directory.file("kill")]) { $1 },
            worker: second.path
        )
        return (server, try server.client.sync(job: "contacts", SyncRequest(actor: "test", trigger: "test")))
    }

    /// Holds the journal and the counts of an ended run against the destination before and after it, field by field.
    private func judge(
        _ ended: RunView,
        of server: SluiceServer,
        before: [String: ContactFiles.Row],
        _ files: ContactFiles
    ) throws {
        let after = try files.people()
        var journalled: [String: RecordView] = [:]
        var query = RecordQuery(run: ended.id, limit: RecordQuery.limitMax)
        repeat {
            let page = try server.client.records(query)
            // A batch that was tried twice stands there twice; what was applied wins.
            for record in page.records where journalled[record.key]?.verdict != .applied {
                journalled[record.key] = record
            }
            query.cursor = page.cursor
        } while query.cursor != nil
        var wrong: [String] = []
        var applied = 0
        for id in Set(before.keys).union(after.keys) {
            let record = journalled[id]
            let isWritten = before[id] != after[id]
            if isWritten { applied += 1 }
            guard isWritten == (record?.verdict == .applied) else {
                wrong.append("\(id) is \(record?.verdict.rawValue ?? "not listed"), written: \(isWritten)")
                continue
            }
            guard isWritten else { continue }
            var changes: [FieldChange] = []
            for field in ["id", "mail", "score", "photo"] {
                let (old, new) = (before[id]?[field] ?? nil, after[id]?[field] ?? nil)
                if old != new { changes.append(FieldChange(field: field, before: old, after: new)) }
            }
            if record?.operation != (before[id] == nil ? .insert : .update) || record?.changes != changes {
                wrong.append("\(id) is journalled as \(record?.changes ?? []), it was \(changes)")
            }
        }
        #expect(wrong.isEmpty, "\(wrong.count) records, \(wrong.sorted().prefix(3))")
        #expect(ended.counts.applied == applied)
        #expect(ended.counts.indeterminate == 0 && ended.counts.unknowable == 0)
        #expect(ended.counts.batchesPlanned == ended.counts.batchesDone + ended.counts.batchesWithheld)
    }

    /// How the run's workers died, once all have.
    private func deaths(in run: RunView, of server: SluiceServer) throws -> [String] {
        let over = try server.wait(for: run, patience: .seconds(10), "the death of its workers") { run in
            run.state.isTerminal && run.workers.allSatisfy { $0.diedAt != nil }
        }
        return over.workers.compactMap(\.death)
    }

    /// The end of an undisturbed run, whatever happened to its workers.
    private func expectCompletion(
        _ ended: RunView,
        of server: SluiceServer,
        before: [String: ContactFiles.Row],
        _ files: ContactFiles
    ) throws {
        #expect(ended.state == .completed, "\(ended.reason ?? "")")
        #expect(try files.people() == files.wanted())
        #expect(ended.counts.rejected == files.records / 100)
        try judge(ended, of: server, before: before, files)
    }

    @Test func `second workers alone bring every record over, and the journal says what was written`() throws {
        let files = try ContactFiles(records: 3_000)
        let before = try files.people()
        let (server, run) = try start(files)
        let ended = try server.waitForEnd(of: run)
        try expectCompletion(ended, of: server, before: before, files)
        let deaths = try deaths(in: run, of: server)
        #expect(!deaths.isEmpty && deaths.allSatisfy { $0.contains("exited with 0") }, "\(deaths)")
        let found = try server.client.records(RecordQuery(run: run.id, key: "2999"))
        #expect(found.records.map(\.key) == ["2999"])
        let spare = try #require(try server.client.workers().first { $0.diedAt == nil }?.pid)
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(spare)/exe")
        #expect(program.contains("python"))
    }

    @Test func `a second worker sees in a connection what the first one sees`() throws {
        let files = try ContactFiles(records: 30)
        let (second, run) = try start(files)
        _ = try second.waitForEnd(of: run)
        let other = try ContactFiles(records: 1)
        let first = try SluiceServer(
            in: other.directory.path,
            configuration: files.configuration(),
            environment: files.environment
        )
        for connection in ["app", "crm"] {
            #expect(try second.client.check(connection: connection).error == nil)
            let stream = connection == "app" ? "contacts" : "people"
            let seen = try second.client.discover(connection: connection, stream: stream).streams
            #expect(seen.count == 1)
            #expect(try seen == first.client.discover(connection: connection, stream: stream).streams)
        }
        try FileManager.default.removeItem(atPath: files.directory.file("app.db"))
        let missing = try second.client.check(connection: "app")
        #expect(missing.error?.code == .unreachable)
    }

    @Test func `a graceful cancel drains second workers`() throws {
        let files = try ContactFiles(records: 3_000)
        let before = try files.people()
        let (server, run) = try start(files, rate: "rate_limit: 1000/s")
        _ = try server.wait(for: run, "a first write") { $0.counts.applied > 0 }
        _ = try server.client.cancel(run.id.description, CancelRequest(mode: .graceful, actor: "test"))
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .cancelled)
        #expect(ended.counts.batchesDone > 0 && ended.counts.batchesWithheld > 0)
        let deaths = try deaths(in: run, of: server)
        #expect(!deaths.isEmpty && deaths.allSatisfy { $0.contains("exited with 0") }, "\(deaths)")
        try judge(ended, of: server, before: before, files)
    }

    @Test(arguments: [200, 1_000])
    func `a force cancel kills second workers, and the verdicts are the destination's own`(applied: Int) throws {
        let files = try ContactFiles(records: 4_000)
        let before = try files.people()
        let (server, run) = try start(files)
        _ = try server.wait(for: run, "\(applied) writes") { $0.counts.applied > applied }
        _ = try server.client.cancel(run.id.description, CancelRequest(mode: .force, actor: "test"))
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .cancelled)
        // Either way it is at once: SIGKILL, or the word on the control channel that overtook it.
        let deaths = try deaths(in: run, of: server)
        #expect(deaths.contains { $0.contains("signal 9") || $0.contains("exited with 71") }, "\(deaths)")
        try judge(ended, of: server, before: before, files)
    }

    @Test(arguments: ["after_permit", "before_outcome"])
    func `a run goes on exactly when a second worker is killed`(site: String) throws {
        let files = try ContactFiles(records: 1_000)
        let before = try files.people()
        let (server, run) = try start(files, dyingAt: site)
        let ended = try server.waitForEnd(of: run)
        let deaths = try deaths(in: run, of: server)
        #expect(deaths.filter { $0.contains("signal 9") }.count == 1, "\(deaths)")
        try expectCompletion(ended, of: server, before: before, files)
    }

    @Test func `second workers die with their coordinator, and the next one takes their run up`() throws {
        let files = try ContactFiles(records: 1_500)
        let before = try files.people()
        let (server, run) = try start(files, rate: "rate_limit: 1000/s")
        let going = try server.wait(for: run, "a first write") { $0.counts.applied > 0 }
        let pid = try #require(going.workers.first?.pid)
        try server.kill()
        try server.restart()
        let ended = try server.waitForEnd(of: run)
        try expectCompletion(ended, of: server, before: before, files)
        #expect(!FileManager.default.fileExists(atPath: "/proc/\(pid)"))
    }

    @Test func `a second worker refuses what it cannot do, by name`() throws {
        let files = try ContactFiles(records: 10)
        let second = try SecondWorker(in: files.directory)
        let server = try SluiceServer(
            in: files.directory.path,
            configuration: files.configuration().replacing("key: [id]", with: "key: [id], filter: \"id > 1\""),
            environment: second.environment.merging(files.environment) { $1 },
            worker: second.path
        )
        let run = try server.client.sync(job: "contacts", SyncRequest(actor: "test", trigger: "test"))
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .failed)
        #expect(ended.reason?.contains("this worker has no filters") == true, "\(ended.reason ?? "")")
    }
}
