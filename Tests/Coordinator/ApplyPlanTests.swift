import Model
import Testing

@testable import Coordinator

/// What applying a configuration changes, and what is said about it.
@Suite struct ApplyPlanTests {
    private let app = ConnectionSpec(name: "app", type: "sqlite", settings: ["path": "/app.db"])
    private let crm = ConnectionSpec(name: "crm", type: "postgres", settings: ["url": "${CRM_URL}"])
    private let now = Timestamp(microseconds: 1)

    private let job = JobSpec(
        name: "contacts",
        source: "app",
        destination: "crm",
        rateLimit: 700,
        streams: [
            StreamSpec(
                stream: "contacts",
                destination: "people",
                key: ["id"],
                map: [FieldMapping(field: "email", origin: .template("{company}@x"))]
            ),
            StreamSpec(stream: "notes", destination: "notes", key: ["id"]),
        ]
    )

    private func record(_ spec: JobSpec, version: Int) -> JobRecord {
        JobRecord(
            name: spec.name,
            version: version,
            spec: spec,
            isPaused: true,
            pausedReason: nil,
            createdAt: now,
            updatedAt: now
        )
    }

    private func plan(_ request: ApplyRequest, knowing job: JobSpec? = nil) throws -> ApplyPlan {
        try ApplyPlan(
            request,
            connections: job == nil ? [] : [app, crm],
            jobs: job.map { [record($0, version: 4)] } ?? [],
            actor: "ada",
            now: Timestamp(microseconds: 2)
        )
    }

    /// The lines of a job that becomes another one.
    private func lines(_ change: (inout JobSpec) -> Void) throws -> [String] {
        var other = job
        change(&other)
        return try plan(ApplyRequest(connections: [], jobs: [other]), knowing: job).reply.lines
    }

    @Test func `what is new is created, what is the same stays untouched`() throws {
        let request = ApplyRequest(connections: [app, crm], jobs: [job])
        let first = try plan(request)
        #expect(
            first.reply.lines == [
                "connection app: created", "connection crm: created", "job contacts: created (version 1)",
            ]
        )
        #expect(first.changes.count == 3)
        let again = try plan(request, knowing: job)
        #expect(
            again.reply.lines == [
                "connection app: unchanged", "connection crm: unchanged", "job contacts: unchanged (version 4)",
            ]
        )
        #expect(again.changes.isEmpty)
    }

    @Test func `a changed job gets the next version, stays paused, and each field that differs has a line`() throws {
        var other = job
        other.rateLimit = nil
        other.workers = 2
        other.deadline = .seconds(90)
        other.streams[0].map = [
            FieldMapping(field: "email", origin: .column("email"), trim: true),
            FieldMapping(field: "origin", origin: .constant(.text("shop"))),
        ]
        other.streams[1].filter = "id > 3"
        let plan = try plan(ApplyRequest(connections: [app], jobs: [other]), knowing: job)
        #expect(
            plan.reply.lines == [
                "connection app: unchanged",
                "job contacts: changed (version 5, was 4)",
                "  workers: (none) -> 2",
                "  deadline: 1m -> 90s",
                "  streams[contacts].map: [email] -> [email, origin]",
                "  streams[contacts].map.email: {company}@x -> email",
                "  streams[contacts].map.email.trim: (none) -> true",
                "  streams[contacts].map.origin.value: (none) -> \"shop\"",
                "  streams[notes].filter: (none) -> id > 3",
                "  rate_limit: 700/s -> (none)",
            ]
        )
        guard case .putJob(let record, let actor)? = plan.changes.first, plan.changes.count == 1 else {
            Issue.record("\(plan.changes)")
            return
        }
        #expect(record.version == 5 && record.spec == other && record.isPaused && actor == "ada")
        #expect(record.createdAt == now)
    }

    @Test func `streams are told apart by name, and by destination where that is not enough`() throws {
        #expect(
            try lines { $0.streams.swapAt(0, 1) }
                == ["job contacts: changed (version 5, was 4)", "  streams: [contacts, notes] -> [notes, contacts]"]
        )
        let twice = try lines {
            $0.streams.append(StreamSpec(stream: "notes", destination: "old", key: ["id"], drop: ["a, b", "c"]))
        }
        #expect(twice.contains("  streams[notes to old].drop: (none) -> [\"a, b\", c]"))
        #expect(twice.contains("  streams: [contacts, notes to notes] -> [contacts, notes to notes, notes to old]"))
        #expect(!twice.contains { $0.hasPrefix("  streams[notes to notes]") })
        #expect(try lines { $0.streams.removeLast() }.contains("  streams[notes].key: [id] -> (none)"))
    }

    @Test func `every field of a job has a line when it changes`() throws {
        let changes: [(String, (inout JobSpec) -> Void)] = [
            ("source: app -> crm", { $0.source = "crm" }), ("destination: crm -> app", { $0.destination = "app" }),
            ("batch.records: 5000 -> 10", { $0.batch.records = 10 }),
            ("batch.bytes: 8MiB -> 1537B", { $0.batch.bytes = 1_537 }),
            ("rate_limit: 700/s -> 100/m", { $0.rateLimit = 100.0 / 60 }),
            ("rate_limit: 700/s -> 0.001/s", { $0.rateLimit = 0.001 }),
            ("deadline: 1m -> 1.5ms", { $0.deadline = .microseconds(1_500) }),
            ("on_deadline: force -> ask", { $0.onDeadline = .ask }),
            ("ordered: false -> true", { $0.isOrdered = true }),
            ("streams[notes].destination: notes -> n", { $0.streams[1].destination = "n" }),
            ("streams[notes].write_mode: upsert -> append", { $0.streams[1].writeMode = .append }),
            ("streams[notes].key: [id] -> [a, b]", { $0.streams[1].key = ["a", "b"] }),
            ("streams[contacts].map.email.case: (none) -> upper", { $0.streams[0].map[0].letterCase = .upper }),
            ("streams[contacts].map.email.default: (none) -> null", { $0.streams[0].map[0].fallback = .null }),
            ("streams[contacts].map.email.default: (none) -> \"1\"", { $0.streams[0].map[0].fallback = .text("1") }),
            ("streams[contacts].map.email.cast: (none) -> json", { $0.streams[0].map[0].cast = .json }),
        ]
        for (line, change) in changes { #expect(try lines(change).dropFirst().joined(separator: "\n") == "  \(line)") }
    }

    @Test(arguments: [
        ("${CRM_URL}", "${CRM_URL_2}", "url: ${CRM_URL} -> ${CRM_URL_2}"),
        ("file:/a", "file:/b", "url: file:/a -> file:/b"),
        ("postgres://u:${A}@h/d", "postgres://u:${B}@h/d", "url: postgres://u:${A}@h/d -> postgres://u:${B}@h/d"),
        ("postgres://u:hunter2@h/d", "postgres://u:hunter2@i/d", "url: postgres://u:***@h/d -> postgres://u:***@i/d"),
        (
            "postgres://u:hunter2@h/d", "postgres://u:hunter3@h/d",
            "url: postgres://u:***@h/d -> postgres://u:***@h/d (another secret)"
        ),
        ("postgres://u:hun@ter:/2@h/d", "${A}", "url: postgres://u:***@h/d -> ${A}"),
        ("postgres://u:hun\nter2@h/d", "${A}", "url: postgres://u:***@h/d -> ${A}"),
        ("host=h password=hunter2 user=u", "${A}", "url: host=h password=*** user=u -> ${A}"),
        ("host=h password = 'hun \\' ter2' user=u", "${A}", "url: host=h password = *** user=u -> ${A}"),
        ("postgres://h/d?a=b&sslpassword=hunter2&c=d", "${A}", "url: postgres://h/d?a=b&sslpassword=***&c=d -> ${A}"),
        ("postgres://h/d?password=${P}&c=d", "${A}", "url: postgres://h/d?password=${P}&c=d -> ${A}"),
    ])
    func `references are shown as they are, passwords never`(before: String, after: String, line: String) throws {
        var old = crm
        var new = crm
        old.settings["url"] = before
        new.settings["url"] = after
        new.settings["api_token"] = "hunter2"
        let plan = try ApplyPlan(
            ApplyRequest(connections: [new], jobs: [], dryRun: true),
            connections: [old],
            jobs: [],
            actor: "ada",
            now: now
        )
        #expect(plan.reply.lines == ["connection crm: changed", "  api_token: (none) -> ***", "  \(line)"])
        #expect(plan.reply.dryRun)
    }

    @Test func `a job without its connection is refused`() {
        let expected = SluiceError(.notFound, "job \"contacts\": connection \"crm\" is not known; known: app")
        #expect(throws: expected) { try plan(ApplyRequest(connections: [app], jobs: [job])) }
    }
}
