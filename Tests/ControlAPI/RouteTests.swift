import Client
import Foundation
import Model
import Testing

/// Every route, through the client that the command line uses.
@Suite struct RouteTests {
    @Test func `jobs are listed, shown, paused and resumed`() async throws {
        let service = FakeService()
        try await served(service) { (client: Client) throws in
            #expect(try client.jobs() == [JobView.sample(isPaused: false)])
            #expect(try client.job("contacts") == JobView.sample(isPaused: false))
            #expect(try client.pause(job: "contacts", paused: true, actor: "ada") == JobView.sample(isPaused: true))
            #expect(try client.pause(job: "contacts", paused: false, actor: "ada").isPaused == false)
        }
        #expect(
            service.asked == ["jobs", "job contacts", "pause contacts true by ada", "pause contacts false by ada"]
        )
    }

    @Test func `what a job could not write is listed`() async throws {
        let service = FakeService()
        try await served(service) { (client: Client) throws in
            #expect(try client.retries(job: "contacts", limit: 7) == [.sample])
        }
        #expect(service.asked == ["retries of contacts, 7"])
    }

    @Test func `a run is started, listed, shown and watched`() async throws {
        let service = FakeService()
        try await served(service) { (client: Client) throws in
            let run = RunView.sample(state: .running)
            #expect(try client.sync(job: "contacts", SyncRequest(actor: "ada", trigger: "manual")) == run)
            #expect(try client.runs(job: "contacts", activeOnly: true, limit: 5) == [run])
            #expect(try client.run("7") == run)
            let (version, watched) = try client.watch("7", since: 41)
            #expect(version == 42)
            #expect(watched == run)
        }
        #expect(
            service.asked == [
                "sync contacts by ada for manual", "runs contacts true 5", "run 7", "watch 7 since 41",
            ]
        )
    }

    @Test func `a cancel is previewed, and a connection is frozen and unfrozen`() async throws {
        let service = FakeService()
        try await served(service) { (client: Client) throws in
            let preview = CancelPreview(drainRecords: 250, drainSeconds: 0.5, uncertainRecords: 500, processes: 2)
            #expect(try client.cancelPreview("7") == preview)
            let frozen = FreezeReply(connection: "crm", isFrozen: true, runs: [7])
            #expect(try client.freeze(connection: "crm", actor: "ada", reason: "why") == frozen)
            #expect(try client.unfreeze(connection: "crm", actor: "ada").isFrozen == false)
        }
        #expect(service.asked == ["preview 7", "freeze crm by ada because why", "unfreeze crm by ada"])
    }

    @Test func `a log is asked for by level, worker and the last line that is known`() async throws {
        let service = FakeService()
        try await served(service) { (client: Client) throws in
            let run = RunView.sample(state: .running)
            let query = LogQuery(run: run.id, level: .warning, worker: "4711", after: 41, limit: 7)
            let line = LogLine(ordinal: 42, at: sampleTime, level: .warning, worker: nil, pid: nil, message: "held")
            #expect(try client.logs(query) == [line])
        }
        #expect(service.asked.last == "logs warning 4711 41 7")
    }

    @Test func `a cancel carries its mode, actor, reason, deadline and pause`() async throws {
        let service = FakeService()
        try await served(service) { (client: Client) throws in
            let request = CancelRequest(
                mode: .force,
                actor: "ada",
                reason: "é \"wrong\"",
                deadlineSeconds: 1.5,
                pause: false
            )
            let reply = try client.cancel("7", request)
            #expect(reply == CancelReply(run: .sample(state: .running), accepted: true, notes: ["noted"]))
            _ = try client.release("7", actor: "ada")
        }
        #expect(service.asked == ["cancel 7 force by ada because é \"wrong\" 1.5 false", "release 7 by ada"])
    }

    @Test func `a cancel that says nothing is graceful`() async throws {
        let service = FakeService()
        try await served(service) { (client: Client) throws in
            let answer = try raw(
                client.server,
                "POST /api/v1/runs/7/cancel HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            )
            #expect(parts(answer).status == 200)
        }
        #expect(service.asked == ["cancel 7 graceful by api because - - -"])
    }

    @Test func `workers are listed and killed`() async throws {
        let service = FakeService()
        try await served(service) { (client: Client) throws in
            #expect(try client.workers() == [WorkerView.sample])
            #expect(try client.kill(worker: "4711", actor: "ada") == WorkerView.sample)
        }
        #expect(service.asked == ["workers", "kill 4711 by ada"])
    }

    @Test func `a configuration is applied with the names of its settings as they are`() async throws {
        let service = FakeService()
        try await served(service) { (client: Client) throws in
            let connection = ConnectionSpec(name: "app", type: "postgres", settings: ["sslRootCert_x": "${A}"])
            let job = JobView.sample(isPaused: false).spec
            let request = ApplyRequest(connections: [connection], jobs: [job])
            let lines = [
                "job contacts: changed (version 3, was 2)", "  streams[contacts].map.email: (none) -> {a}@x",
            ]
            let reply = try client.apply(request, actor: "ada")
            #expect(reply.lines == lines)
            #expect(!reply.dryRun)
            var dry = request
            dry.dryRun = true
            #expect(try client.apply(dry, actor: "ada").dryRun)
            let text = try APICoding.encoder().encode(request)
            #expect(try APICoding.decoder().decode(ApplyRequest.self, from: text) == request)
        }
        #expect(
            service.asked == [
                "apply [\"app\"] [\"contacts\"] by ada", "apply dry [\"app\"] [\"contacts\"] by ada",
            ]
        )
    }

    @Test func `connections are checked and discovered`() async throws {
        let service = FakeService()
        try await served(service) { (client: Client) throws in
            let report = try client.check(connection: "app")
            #expect(report.error == SluiceError(.unreachable, "connection refused", isRetriable: true))
            #expect(try client.discover(connection: "app", stream: "public.a b&c").error == nil)
            #expect(try client.freezes().map(\.reason) == ["it burns"])
        }
        #expect(service.asked == ["check app", "discover app public.a b&c", "freezes"])
    }

    @Test func `a page of records is asked for with all its conditions`() async throws {
        let service = FakeService(records: 5)
        try await served(service) { (client: Client) throws in
            let query = RecordQuery(
                run: identifier(7),
                verdicts: [.applied, .notApplied],
                operations: [.update],
                fields: ["a,b", "c"],
                key: "1,é",
                stream: "public.contacts",
                limit: 2,
                cursor: "2"
            )
            let page = try client.records(query)
            #expect(page.records == [RecordView.sample(number: 2), RecordView.sample(number: 3)])
            #expect(page.cursor == "4")
        }
        #expect(
            service.asked == [
                "run 01900000-0000-7000-8000-000000000007",
                "records applied+not_applied update a,b+c 1,é public.contacts from 2 limit 2",
            ]
        )
    }

    @Test func `a live server tells that it is one`() async throws {
        try await served(FakeService()) { (client: Client) throws in
            #expect(client.isAlive())
        }
    }
}
