import Foundation
import TestSupport
import Testing

/// The kill harness: 60 tries a class, 1,000 in the long form (`SLUICE_TEST_LONG`), or as `SLUICE_TEST_KILLS` says.
@MainActor @Suite(.serialized, KillTable()) struct KillTests {
    static let tries: Int = {
        let environment = ProcessInfo.processInfo.environment
        return Int(environment["SLUICE_TEST_KILLS"] ?? "") ?? (environment["SLUICE_TEST_LONG"] == nil ? 60 : 1_000)
    }()

    @Test func `a force cancel at any time leaves the verdicts equal to Postgres`() throws {
        try run(.forceCancel) { _ in try PostgresArena(commitDelay: 40) }
    }

    @Test func `a force cancel at any time leaves the verdicts equal to SQLite`() throws {
        try run(.forceCancel) { try SQLiteArena(in: $0) }
    }

    @Test func `a force cancel at any time leaves the verdicts equal to the files`() throws {
        try run(.forceCancel) { try FileArena(.csv, in: $0) }
    }

    @Test func `where the role may make no tables a force cancel leaves the verdicts equal, too`() throws {
        try runPlain(.forceCancel)
    }

    @Test func `a worker killed at any site leaves a Postgres run exact`() throws {
        try run(.workerKill) { _ in try PostgresArena(commitDelay: 40) }
    }

    @Test func `a worker killed at any site leaves a SQLite run exact`() throws {
        try run(.workerKill) { try SQLiteArena(in: $0) }
    }

    @Test func `a worker killed at any site leaves a run into files exact`() throws {
        try run(.workerKill) { try FileArena(.jsonlRolled, in: $0) }
    }

    @Test func `where the role may make no tables a worker killed at any site leaves the run exact`() throws {
        try runPlain(.workerKill)
    }

    @Test func `a force cancel of a replace leaves the old table or the new one in Postgres`() throws {
        try run(.forceCancel) { _ in try PostgresSwapArena(commitDelay: 40) }
    }

    @Test func `a force cancel of a replace leaves the old table or the new one in SQLite`() throws {
        try run(.forceCancel) { try SQLiteSwapArena(in: $0) }
    }

    @Test func `a worker killed at any site of a replace leaves it exact in Postgres`() throws {
        try run(.workerKill) { _ in try PostgresSwapArena(commitDelay: 40) }
    }

    @Test func `a worker killed at any site of a replace leaves it exact in SQLite`() throws {
        try run(.workerKill) { try SQLiteSwapArena(in: $0) }
    }

    @Test func `a force cancel of a mirror leaves the verdicts equal to Postgres, deletes included`() throws {
        try run(.forceCancel) { _ in try MirrorArena(commitDelay: 40) }
    }

    @Test func `a worker killed at any site of a mirror leaves it exact in Postgres`() throws {
        try run(.workerKill) { _ in try MirrorArena(commitDelay: 40) }
    }

    @Test func `a replace whose coordinator was killed ends as its undisturbed twin`() throws {
        try run(.coordinatorKill) { _ in try PostgresSwapArena(commitDelay: 40) }
    }

    @Test func `a run whose coordinator was killed ends as its undisturbed twin`() throws {
        try run(.coordinatorKill) { _ in try PostgresArena(commitDelay: 40) }
    }

    @Test func `a force stop is as quick as promised`() throws {
        let report = try tried(.forceCancel, min(Self.tries, 40)) { _ in try PostgresArena(commitDelay: 0) }
        // Ten times the bars: a wait for a lease or a deadline would be seen, a busy machine is not.
        #expect(try #require(report.toLastEffect.quantile(50)) < 0.5)
        #expect(try #require(report.toDead.quantile(50)) < 1)
        #expect(try #require(report.toEnd.quantile(50)) < 5)
    }

    /// Fifty whole tables under way, each cancelled at some time; the runs that were quicker have swapped.
    @Test func `whoever reads during replaces that are cancelled sees the old table or the new one, whole`() throws {
        let directory = try TemporaryDirectory()
        let arena = try PostgresSwapArena(commitDelay: 0)
        let harness = try KillHarness(.forceCancel, arena, in: directory.path)
        let query = "SELECT count(*), sum(hashtext(t::text)::bigint) FROM people t"
        let new = try arena.destination.rows(query)
        try arena.reset()
        let old = try arena.destination.rows(query)
        let reader = try PollingReader(arena.destination.url, query)
        try harness.run(50)
        try reader.next()
        let seen = try reader.stop()
        KillTable.add(harness.report.named("force cancel of a replace, with a reader"))
        #expect(harness.report.wrong == [])
        #expect(harness.report.disturbed > 10)
        #expect(seen.errors == [:])
        #expect(Set(seen.answers.keys).isSubset(of: [old, new]), "\(seen.answers)")
        #expect(seen.answers[old] ?? 0 > 50)
    }

    @Test func `a commit that outlives its process is judged right`() throws {
        #expect(try lingeringCommit("a commit that outlives its process", environment: [:]) == [])
    }

    @Test func `without the fence the same harness finds errors`() throws {
        let wrong = try lingeringCommit("the same without the fence", environment: ["SLUICE_TEST_NO_FENCE": "1"])
        #expect(wrong.contains { $0.contains("(I2)") })
    }

    /// A force cancel while Postgres is at a COMMIT, which goes on once the run is terminal.
    private func lingeringCommit(_ name: String, environment: [String: String]) throws -> [String] {
        let directory = try TemporaryDirectory()
        let arena = try PostgresArena(commitDelay: 0)
        let harness = try KillHarness(.forceCancel, arena, in: directory.path, environment: environment)
        try harness.cancelDuringCommit(try LingeringCommit(arena, write: 3))
        KillTable.add(harness.report.named(name))
        return harness.report.wrong
    }

    private func run(_ fault: KillHarness.Fault, _ arena: (_ directory: String) throws -> any Arena) throws {
        let report = try tried(fault, Self.tries, arena)
        #expect(report.disturbed > Self.tries / 3)
        #expect(report.isBetweenPermitAndOutcomeOftenEnough)
    }

    private func runPlain(_ fault: KillHarness.Fault) throws {
        let arena = try PostgresArena(commitDelay: 40, isPlain: true)
        try run(fault) { _ in arena }
        #expect(try arena.isUntouched())
    }

    private func tried(
        _ fault: KillHarness.Fault,
        _ tries: Int,
        _ arena: (_ directory: String) throws -> any Arena
    ) throws -> KillReport {
        let directory = try TemporaryDirectory()
        let harness = try KillHarness(fault, try arena(directory.path), in: directory.path)
        try harness.run(tries)
        KillTable.add(harness.report)
        #expect(harness.report.wrong == [])
        return harness.report
    }
}
