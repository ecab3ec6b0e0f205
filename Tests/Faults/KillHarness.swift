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

    /// Tries between two lines that say how far a class is.
    private static let progressEvery = 100

    private let fault: Fault
    private let arena: any Arena
    private let server: SluiceServer
    private let directory: String
    private let killFile: String
    private var random = Draw()
    private(set) var report: KillReport
    /// Of an undisturbed run, in seconds.
    private var usual = 0.0

    init(_ fault: Fault, _ arena: any Arena, in directory: String, environment: [String: String] = [:]) throws {
        self.fault = fault
        self.arena = arena
        self.directory = directory
        killFile = "\(directory)/kill"
        report = KillReport(name: "\(fault.rawValue), \(arena.name)")
        let given = arena.environment.merging(environment) { $1 }.merging(["SLUICE_TEST_KILL_FILE": killFile]) { $1 }
        server = try SluiceServer(in: directory, configuration: arena.configuration, environment: given)
        // The first run warms everything up; the second tells how long a run usually lasts.
        for _ in 0..<2 {
            try arena.reset()
            let twin = try server.waitForEnd(of: try start())
            usual = (twin.endedAt ?? twin.createdAt).since(twin.createdAt).seconds
            try judge(twin, "the undisturbed twin")
            expect(twin, .completed, "the undisturbed twin")
        }
    }

    /// A stuck run ends the class: it would be in the way of all others.
    func run(_ tries: Int) throws {
        let began = ContinuousClock.now
        for number in 1...tries where report.stuck == 0 {
            let known = report.wrong.count
            try arena.reset()
            do {
                switch fault {
                case .forceCancel: try forceCancel()
                case .workerKill: try workerKill()
                case .coordinatorKill: try coordinatorKill()
                }
            } catch let stuck as SluiceServer.NotReached {
                report.stuck += 1
                report.wrong.append("\(stuck)")
            }
            report.tries += 1
            if report.wrong.count > known { try keep(number) }
            if number.isMultiple(of: Self.progressEvery) {
                let line = "\(report.name): \(number) tries, \(report.wrong.count) wrong\n"
                FileHandle.standardError.write(Data(line.utf8))
            }
        }
        report.duration = ContinuousClock.now - began
    }

    private func start() throws -> RunView {
        try server.client.sync(job: "contacts", SyncRequest(actor: "harness", trigger: "test"))
    }

    // MARK: the faults

    private func forceCancel() throws {
        let run = try start()
        try pause(random.seconds(upTo: usual))
        let request = CancelRequest(mode: .force, actor: "harness", reason: "drawn", pause: false)
        let requestedAt = Timestamp(microseconds: SystemClock.wallMicroseconds())
        let reply = try server.client.cancel(run.id.description, request)
        let ended = try server.waitForEnd(of: run)
        expect(ended, reply.accepted ? .cancelled : .completed, reply.accepted ? "accepted" : "not accepted")
        let judgement = try judge(ended, "force cancel")
        if reply.accepted {
            report.disturbed += 1
            report.note(ended, requestedAt: requestedAt, lastEffectAt: try arena.lastEffectAt())
        }
        try expectNoEffect(after: ended, judgement)
    }

    /// Force-cancels a run while a commit is held up at the server, and lets that go on when the run has ended.
    func cancelDuringCommit(_ commit: LingeringCommit) throws {
        try arena.reset()
        let run = try start()
        try commit.awaitBlocked()
        let request = CancelRequest(mode: .force, actor: "harness", reason: "in a commit", pause: false)
        let reply = try server.client.cancel(run.id.description, request)
        let ended = try server.waitForEnd(of: run)
        expect(ended, .cancelled, "an open commit, accepted: \(reply.accepted)")
        try commit.release()
        try judge(ended, "lingering commit")
        report.tries += 1
        report.disturbed += 1
    }

    private func workerKill() throws {
        let site = arena.sites[random.below(arena.sites.count)]
        let order = "\(site.name):\(1 + random.below(site.passesMax))"
        try order.write(toFile: killFile, atomically: true, encoding: .utf8)
        let ended = try server.waitForEnd(of: try start())
        if FileManager.default.fileExists(atPath: killFile) {
            try FileManager.default.removeItem(atPath: killFile)
        } else {
            report.disturbed += 1
        }
        expect(ended, .completed, order)
        try judge(ended, order)
    }

    private func coordinatorKill() throws {
        let run = try start()
        try pause(random.seconds(upTo: usual))
        try server.kill()
        report.disturbed += 1
        try server.restart()
        let ended = try server.waitForEnd(of: run)
        expect(ended, .completed, "coordinator kill")
        try judge(ended, "coordinator kill")
    }

    // MARK: what must be so

    private func expect(_ ended: RunView, _ state: RunState, _ what: String) {
        guard ended.state != state else { return }
        report.wrong.append("\(what): ended as \(ended.state), not as \(state): \(ended.reason ?? "")")
    }

    /// Holds every record's verdict, and the counts, against what the destination says happened.
    @discardableResult
    private func judge(_ run: RunView, _ what: String) throws -> Judgement {
        let verdicts = try verdicts(of: run)
        let judgement = try arena.judge(verdicts, isWhole: run.state == .completed)
        report.wrongVerdicts += judgement.wrongVerdicts
        let found = judgement.findings + run.counts.contradictions(to: verdicts, written: judgement.written)
        report.wrong += found.map { "\(what): \($0)" }
        try noteReconciled(run)
        return judgement
    }

    /// By the destination's clock; where that does not say, nothing may have changed since the first look.
    private func expectNoEffect(after ended: RunView, _ judgement: Judgement) throws {
        guard let end = ended.endedAt else { return }
        if let last = try arena.lastEffectAt() {
            guard last > end else { return }
            report.wrong.append("an effect \(last.since(end)) after the run was terminal")
        } else {
            let again = try arena.judge(try verdicts(of: ended), isWhole: ended.state == .completed)
            guard again != judgement else { return }
            report.wrong.append("an effect after the run was terminal: \(judgement), then \(again)")
        }
        report.effectsAfterTerminal += 1
    }

    private func verdicts(of run: RunView) throws -> [Int: Verdict] {
        var verdicts: [Int: Verdict] = [:]
        var query = RecordQuery(run: run.id, limit: RecordQuery.limitMax)
        while true {
            let page = try server.client.records(query)
            for record in page.records { verdicts[Int(record.key) ?? -1] = record.verdict }
            guard let cursor = page.cursor else { return verdicts }
            query.cursor = cursor
        }
    }

    /// Counts the runs in which a permitted write had no outcome, so that its evidence was read (from the store's own file).
    /// Of each process that was killed there is at most one (I14).
    private func noteReconciled(_ run: RunView) throws {
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
        if writes > workers { report.wrong.append("\(writes) writes of \(workers) killed workers were in doubt (I14)") }
    }

    /// Leaves the store of a try that went wrong in `SLUICE_TEST_KEEP`, where that is set, and says how it was drawn.
    private func keep(_ number: Int) throws {
        report.wrong.append("try \(number) of SLUICE_TEST_SEED=\(random.seed)")
        guard let place = ProcessInfo.processInfo.environment["SLUICE_TEST_KEEP"] else { return }
        try FileManager.default.copyItem(atPath: directory, toPath: "\(place)/\(random.seed)-\(number)")
    }

    private func pause(_ seconds: Double) throws {
        _ = try Poller.wait(sockets: [], descriptors: [], timeout: .microseconds(Int64(seconds * 1_000_000)))
    }
}

extension RunCounts {
    /// Where the counts of a run that has ended are not those of its records (I12, I14).
    fileprivate func contradictions(to verdicts: [Int: Verdict], written: Int) -> [String] {
        var found: [String] = []
        if applied != written { found.append("\(applied) counted as applied, \(written) written (I12)") }
        for (verdict, count) in [(Verdict.applied, applied), (.unknowable, unknowable)] {
            let listed = verdicts.values.count { $0 == verdict }
            if listed != count { found.append("\(count) counted as \(verdict.rawValue), \(listed) listed (I12)") }
        }
        if indeterminate != 0 || verdicts.values.contains(.indeterminate) {
            found.append("\(indeterminate) indeterminate at the end (I14)")
        }
        if batchesPlanned != batchesDone + batchesWithheld + batchesQuarantined {
            found.append("\(batchesPlanned) batches, \(batchesDone) done, \(batchesWithheld) withheld (I12)")
        }
        return found
    }
}

/// A seeded source of moments: `SLUICE_TEST_SEED`, or a new one, which a failure tells.
struct Draw {
    let seed: UInt64
    private var state: UInt64

    init() {
        let given = ProcessInfo.processInfo.environment["SLUICE_TEST_SEED"].flatMap { UInt64($0) }
        seed = given ?? .random(in: 0...UInt64.max)
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
