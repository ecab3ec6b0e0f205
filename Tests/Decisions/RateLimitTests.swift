import Decisions
import Model
import Testing

@Suite struct RateLimitTests {
    /// One worker, ranges of 100 records, 1000 records a second.
    private func machine() -> (RunMachine, Incarnation, [RunDirective]) {
        let record = RunRecord(
            id: RunID(high: 1, low: 1),
            number: 1,
            job: "job",
            jobVersion: 1,
            trigger: "test",
            actor: "test",
            createdAt: Timestamp(microseconds: 0),
            streams: [RunStreamRecord(stream: "s")]
        )
        let limits = RunLimits(
            workers: 1,
            batch: BatchLimits(),
            recordsPerSecond: 1000,
            deadline: .seconds(60),
            onDeadline: .force
        )
        var machine = RunMachine(record: record, limits: limits, seed: 1)
        let worker = Incarnation(high: 1, low: 2)
        let zero = Timestamp(microseconds: 0)
        _ = machine.started(zero)
        _ = machine.workerGiven(worker)
        _ = machine.runOpened(worker, snapshot: "", isSingleWriter: false, streams: [:], warnings: [], zero)
        let ranges = (0..<3).map { (range: KeyRange(after: ["\($0)"], through: ["\($0 + 1)"]), records: 100) }
        let steps = machine.rangesPlanned(worker, stream: 0, piece: 0, ranges: ranges, complete: true, zero)
        return (machine, worker, steps.directives)
    }

    private func assigned(_ directives: [RunDirective]) -> AttemptID? {
        for case .assign(_, let assignment) in directives { return assignment.attempt }
        return nil
    }

    @Test func `a batch waits until the one before is paid for, and then starts by the clock alone`() throws {
        var (machine, worker, directives) = machine()
        let attempt = try #require(assigned(directives))
        let done = Timestamp(microseconds: 10_000)
        let returned = machine.returned(worker, attempt: attempt, reason: "r", isTransient: false, done)
        #expect(assigned(returned.directives) == nil)
        let wake = try #require(machine.wakeAt(done))
        #expect(wake == Timestamp(microseconds: 100_000))
        #expect(machine.wakeAt(wake) == wake)
        #expect(assigned(machine.timePassed(wake).directives) != nil)
    }
}
