import Client
import Drivers
import Foundation
import Model
import TestSupport

/// Kills real processes at drawn moments and judges the verdicts by the destination's own word.
final class KillHarness {
    enum Fault: String {
        case forceCancel = "force cancel"
        case workerKill = "worker kill at a site"
        case coordinatorKill = "coordinator kill"
    }

    /// What a class of tries has shown.
    struct Report {
        var fault: Fault
        var arena: String
        var tries = 0
        var wrong: [String] = []
        var killedBetweenPermitAndOutcome = 0
        var disturbed = 0
        var requestToLastEffect: [Double] = []
        var requestToDead: [Double] = []
        var requestToEnd: [Double] = []
    }

    static let sites = [
        "before_intent", "after_intent", "after_permit", "in_commit", "during_commit", "before_outcome",
        "after_outcome",
    ]

    private let arena: any Arena
    private let sites: [String]
    private let server: SluiceServer
    private let directory: String
    private let killFile: String
    private var random: Draw
    private(set) var report: Report
    /// Of an undisturbed run, in seconds.
    private var usual = 0.0

    init(
        _ fault: Fault,
        _ arena: any Arena,
        in directory: String,
        sites: [String] = sites,
        environment: [String: String] = [:]
    ) throws {
        self.arena = arena
        self.sites = sites
        self.directory = directory
        killFile = "\(directory)/kill"
        random = Draw()
        report = Report(fault: fault, arena: type(of: arena).name)
        let given = arena.environment.merging(environment) { $1 }.merging(["SLUICE_TEST_KILL_FILE": killFile]) { $1 }
        server = try SluiceServer(in: directory, configuration: arena.configuration, environment: given)
        var wrong: [String] = []
        // The first run warms everything up; the second tells how long a run usually lasts.
        for _ in 0..<2 {
            try arena.reset()
            let twin = try server.client.sync(job: "contacts", SyncRequest(actor: "harness", trigger: "test"))
            let ended = try server.waitForEnd(of: twin)
            usual = (ended.endedAt ?? ended.createdAt).since(ended.createdAt).seconds
            try judge(ended, "the undisturbed twin", into: &wrong)
            if ended.state != .completed {
                wrong.append("the undisturbed twin ended as \(ended.state): \(ended.reason ?? "")")
            }
        }
        report.wrong += wrong
    }

    func run(_ tries: Int) throws {
        for number in 1...tries {
            try arena.reset()
            var wrong: [String] = []
            switch report.fault {
            case .forceCancel: try forceCancel(&wrong)
            case .workerKill: try workerKill(&wrong)
            case .coordinatorKill: try coordinatorKill(&wrong)
            }
            report.tries += 1
            report.wrong += wrong.map { "try \(number): \($0)" }
        }
    }

    private func start() throws -> RunView {
        try server.client.sync(job: "contacts", SyncRequest(actor: "harness", trigger: "test"))
    }

    private func forceCancel(_ wrong: inout [String]) throws {
        let run = try start()
        try pause(random.seconds(upTo: usual))
        let request = CancelRequest(mode: .force, actor: "harness", reason: "drawn", pause: false)
        let requestedAt = Timestamp(microseconds: SystemClock.wallMicroseconds())
        let reply = try server.client.cancel(run.id.description, request)
        let ended = try server.waitForEnd(of: run)
        if reply.accepted {
            report.disturbed += 1
            if ended.state != .cancelled { wrong.append("ended as \(ended.state) after an accepted cancel") }
            note(ended, requestedAt)
        } else if ended.state != .completed {
            wrong.append("not accepted, but \(ended.state)")
        }
        try judge(ended, "force cancel", into: &wrong)
        if let last = try arena.lastEffectAt(), let end = ended.endedAt {
            if last > end { wrong.append("an effect \(last.since(end)) after the run was terminal") }
            if reply.accepted {
                report.requestToLastEffect.append(max(0, last.since(requestedAt).seconds))
            }
        }
    }

    /// Force-cancels a run while a commit is held up at the server, and lets that go on when the run has ended.
    func cancelDuringCommit(_ commit: LingeringCommit) throws {
        try arena.reset()
        var wrong: [String] = []
        let run = try start()
        try commit.awaitBlocked()
        let request = CancelRequest(mode: .force, actor: "harness", reason: "in a commit", pause: false)
        let reply = try server.client.cancel(run.id.description, request)
        let ended = try server.waitForEnd(of: run)
        if !reply.accepted || ended.state != .cancelled { wrong.append("a run with an open commit is \(ended.state)") }
        try commit.release()
        try judge(ended, "lingering commit", into: &wrong)
        report.tries += 1
        report.disturbed += 1
        report.wrong += wrong
    }

    private func workerKill(_ wrong: inout [String]) throws {
        let site = sites[random.below(sites.count)]
        let batches = ArenaData.records / ArenaData.batch
        try "\(site):\(1 + random.below(batches / 4))".write(toFile: killFile, atomically: true, encoding: .utf8)
        let run = try start()
        let ended = try server.waitForEnd(of: run)
        if FileManager.default.fileExists(atPath: killFile) {
            try FileManager.default.removeItem(atPath: killFile)
        } else {
            report.disturbed += 1
        }
        if ended.state != .completed { wrong.append("\(site): ended as \(ended.state): \(ended.reason ?? "")") }
        try judge(ended, site, into: &wrong)
        let effects = try arena.effects().values.reduce(0, +)
        if effects != ArenaData.expectedEffects {
            wrong.append("\(site): \(effects) effects, its twin has \(ArenaData.expectedEffects)")
        }
    }

    private func coordinatorKill(_ wrong: inout [String]) throws {
        let run = try start()
        try pause(random.seconds(upTo: usual))
        try server.kill()
        report.disturbed += 1
        try server.restart()
        let ended = try server.waitForEnd(of: run)
        if ended.state != .completed { wrong.append("ended as \(ended.state): \(ended.reason ?? "")") }
        try judge(ended, "coordinator kill", into: &wrong)
        let effects = try arena.effects().values.reduce(0, +)
        if effects != ArenaData.expectedEffects {
            wrong.append("\(effects) effects, its twin has \(ArenaData.expectedEffects)")
        }
    }

    func arenaEffects() throws -> [Int: Int] { try arena.effects() }

    func records(_ query: RecordQuery) throws -> RecordPage { try server.client.records(query) }

    /// Counts the runs in which a permitted write had no outcome, so that its evidence was read (from the store's own file).
    /// Of each process that was killed there is at most one (I14).
    func noteReconciled(_ run: RunView, into wrong: inout [String]) throws {
        let store = try SQLiteConnection(path: server.store, access: .readOnly, busyTimeout: .seconds(5))
        let statement = try store.statement(
            """
            SELECT count(*), count(DISTINCT a.incarnation) FROM writes w JOIN runs r ON r.id = w.run JOIN attempts a ON a.id = w.attempt
            WHERE r.number = \(run.number) AND w.decision = 'permit' AND a.state = 'reconciled'
              AND w.ending IS NOT NULL AND w.ending_detail IS NOT NULL
            """
        )
        guard try statement.step() else { return }
        let (writes, workers) = (statement.integer(at: 0), statement.integer(at: 1))
        if writes > 0 { report.killedBetweenPermitAndOutcome += 1 }
        if writes > workers { wrong.append("\(writes) writes of \(workers) killed workers were in doubt (I14)") }
    }

    private func note(_ ended: RunView, _ requestedAt: Timestamp) {
        if let dead = ended.cancel?.workersDeadAt { report.requestToDead.append(dead.since(requestedAt).seconds) }
        if let end = ended.endedAt { report.requestToEnd.append(end.since(requestedAt).seconds) }
    }

    private func pause(_ seconds: Double) throws {
        _ = try Poller.wait(sockets: [], descriptors: [], timeout: .microseconds(Int64(seconds * 1_000_000)))
    }
}

/// A seeded source of moments; its seed is printed with a failure.
struct Draw {
    let seed = UInt64.random(in: 0...UInt64.max)
    private var state: UInt64

    init() {
        state = seed
    }

    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }

    mutating func seconds(upTo most: Double) -> Double {
        most * Double(below(1_000_000)) / 1_000_000
    }
}

extension Duration {
    var seconds: Double { Double(microseconds) / 1_000_000 }
}
