import Foundation
import TestSupport
import Testing

/// The kill harness: 60 tries a class, 1,000 in the long form (`SLUICE_TEST_LONG`), or as `SLUICE_TEST_KILLS` says.
@MainActor @Suite(.serialized) struct KillTests {
    static let tries: Int = {
        let environment = ProcessInfo.processInfo.environment
        return Int(environment["SLUICE_TEST_KILLS"] ?? "") ?? (environment["SLUICE_TEST_LONG"] == nil ? 60 : 1_000)
    }()

    @Test func `a force cancel at any time leaves the verdicts equal to Postgres`() throws {
        try run(.forceCancel, isPostgres: true)
    }

    @Test func `a force cancel at any time leaves the verdicts equal to SQLite`() throws {
        try run(.forceCancel, isPostgres: false)
    }

    @Test func `a worker killed at any site leaves a Postgres run exact`() throws {
        try run(.workerKill, isPostgres: true)
    }

    @Test func `a worker killed at any site leaves a SQLite run exact`() throws {
        try run(.workerKill, isPostgres: false)
    }

    @Test func `a run whose coordinator was killed ends as its undisturbed twin`() throws {
        try run(.coordinatorKill, isPostgres: true)
    }

    @Test func `a commit that outlives its process is judged right`() throws {
        #expect(try lingeringCommit(environment: [:]) == [])
    }

    @Test func `without the fence the same harness finds errors`() throws {
        let wrong = try lingeringCommit(environment: ["SLUICE_TEST_NO_FENCE": "1"])
        print("kill harness | lingering commit | postgres, fence off | \(wrong.count) errors: \(wrong.first ?? "")")
        #expect(wrong.contains { $0.contains("(I2)") })
    }

    /// A force cancel while Postgres is at a COMMIT, which goes on once the run is terminal.
    private func lingeringCommit(environment: [String: String]) throws -> [String] {
        let directory = try TemporaryDirectory()
        let arena = try PostgresArena(commitDelay: 0)
        let harness = try KillHarness(.forceCancel, arena, in: directory.path, environment: environment)
        try harness.cancelDuringCommit(try LingeringCommit(arena, write: 3))
        return harness.report.wrong
    }

    @Test func `where the role may make no tables the verdicts are equal to Postgres as well`() throws {
        let directory = try TemporaryDirectory()
        let arena = try PostgresArena(commitDelay: 50, isPlain: true)
        let harness = try KillHarness(.forceCancel, arena, in: directory.path)
        let tries = min(Self.tries, 15)
        try harness.run(tries)
        harness.report.show()
        #expect(try arena.isUntouched())
        #expect(harness.report.wrong == [])
        #expect(harness.report.disturbed > tries / 3)
    }

    @Test func `a force stop is as quick as promised`() throws {
        let directory = try TemporaryDirectory()
        let arena = try PostgresArena(commitDelay: 0)
        let harness = try KillHarness(.forceCancel, arena, in: directory.path)
        try harness.run(min(Self.tries, 40))
        harness.report.show()
        #expect(harness.report.wrong == [])
    }

    private func run(_ fault: KillHarness.Fault, isPostgres: Bool) throws {
        let directory = try TemporaryDirectory()
        let arena: any Arena =
            isPostgres ? try PostgresArena(commitDelay: 50) : try SQLiteArena(in: directory.path)
        let harness = try KillHarness(fault, arena, in: directory.path)
        try harness.run(Self.tries)
        harness.report.show()
        #expect(harness.report.wrong == [])
        #expect(harness.report.disturbed > Self.tries / 3)
        #expect(harness.report.isBetweenPermitAndOutcomeOftenEnough)
    }
}

extension KillHarness.Report {
    /// At least 30 % of the kills, less what so many draws may miss it by (three standard deviations).
    var isBetweenPermitAndOutcomeOftenEnough: Bool {
        let kills = Double(disturbed)
        return Double(killedBetweenPermitAndOutcome) >= 0.3 * kills - 3 * (0.3 * 0.7 * kills).squareRoot()
    }

    func show() {
        let between = disturbed == 0 ? 0 : 100 * killedBetweenPermitAndOutcome / disturbed
        print(
            "kill harness | \(fault.rawValue) | \(arena) | \(tries) tries | \(wrong.count) wrong | "
                + "\(between) % between permit and outcome"
        )
        for (what, times) in [
            ("request to last effect", requestToLastEffect), ("request to workers dead", requestToDead),
            ("request to terminal", requestToEnd),
        ] where !times.isEmpty {
            let sorted = times.sorted()
            let middle = sorted[sorted.count / 2] * 1000
            let late = sorted[min(sorted.count - 1, sorted.count * 99 / 100)] * 1000
            print("  \(what): p50 \(Int(middle)) ms, p99 \(Int(late)) ms")
        }
    }
}
