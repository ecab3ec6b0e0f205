import Decisions
import Model
import Testing

/// A run with two workers whose ends do not answer, played by hand.
@Suite struct OutageTests {
    private static let away = SluiceError(.unreachable, "not yet accepting connections", isRetriable: true)

    private struct PlayedRun {
        var machine: RunMachine
        var now = Timestamp(microseconds: 0)
        /// Workers that were told to open the run, or the first piece of a stream to plan.
        var opening: [Incarnation] = []
        var planning: [Incarnation] = []
        var assigned: [Assignment] = []
        var lines: [String] = []
        private var workers: UInt64 = 0

        init() {
            let record = RunRecord(
                id: RunID(high: 1, low: 1),
                number: 1,
                job: "job",
                jobVersion: 1,
                trigger: "test",
                actor: "test",
                createdAt: now,
                streams: [RunStreamRecord(stream: "s")]
            )
            let limits = RunLimits(
                workers: 2,
                batch: BatchLimits(records: 10),
                recordsPerSecond: nil,
                deadline: .seconds(60),
                onDeadline: .force
            )
            machine = RunMachine(record: record, limits: limits, seed: 1)
            take { $0.started($1) }
        }

        mutating func take(_ event: (inout RunMachine, Timestamp) -> Steps) {
            let steps = event(&machine, now)
            for case .log(let line) in steps.changes { lines.append(line.message) }
            for directive in steps.directives {
                switch directive {
                case .openRun(let worker, _): opening.append(worker)
                case .planStream(let worker, _, _, _, _): planning.append(worker)
                case .assign(_, let assignment): assigned.append(assignment)
                default: break
                }
            }
        }

        mutating func giveWorker() -> Incarnation {
            workers += 1
            let worker = Incarnation(high: 2, low: workers)
            take { machine, _ in machine.workerGiven(worker) }
            return worker
        }

        mutating func open(_ worker: Incarnation) {
            take {
                $0.runOpened(worker, snapshot: "", isSingleWriter: false, streams: [:], warnings: [], $1)
            }
        }

        mutating func fail(_ worker: Incarnation, _ error: SluiceError = away) {
            take { $0.runFailed(worker, error, $1) }
            take { $0.workerDied(worker, wasOrdered: true, detail: "exit 0", $1) }
        }

        /// Lets the time pass that the run itself asks for.
        mutating func wait() throws {
            now = try #require(machine.wakeAt(now))
            take { $0.timePassed($1) }
        }
    }

    @Test func `a run that cannot be opened is tried again for 45 s, at longer and longer intervals`() throws {
        var run = PlayedRun()
        var tries = 0
        while run.machine.record.state == .running {
            let worker = run.giveWorker()
            if run.opening.last != worker { try run.wait() }
            #expect(run.opening.last == worker)
            tries += 1
            #expect(run.machine.record.state == .running, "failed after \(run.now)")
            run.fail(worker)
            if run.machine.record.state == .running { #expect(run.machine.record.blockedOn == Self.away.message) }
        }
        #expect(run.machine.record.state == .failed)
        #expect(run.machine.record.reason == Self.away.message)
        #expect(run.now >= Timestamp(microseconds: 45_000_000))
        #expect(run.now < Timestamp(microseconds: 60_000_000))
        #expect((8...16).contains(tries))
    }

    @Test func `once it is open the outage is over, and the next one has all the patience again`() throws {
        var run = PlayedRun()
        run.fail(run.giveWorker())
        let second = run.giveWorker()
        #expect(run.opening.count == 1)
        try run.wait()
        run.open(second)
        #expect(run.machine.record.blockedOn == nil)
        run.now = run.now.advanced(by: .seconds(100))
        // As long as one has it open the run gets on, however often others fail.
        for _ in 0..<40 {
            let third = run.giveWorker()
            if run.opening.last != third { try run.wait() }
            run.fail(third)
        }
        #expect(run.machine.record.state == .running)
        #expect(run.machine.record.blockedOn == nil)
    }

    @Test func `an error that does not pass fails the run at once`() {
        var run = PlayedRun()
        run.fail(run.giveWorker(), SluiceError(.denied, "wrong password"))
        #expect(run.machine.record.state == .failed)
    }

    @Test func `what a worker could not cut into ranges goes to another, for as long as there is patience`() {
        var run = PlayedRun()
        for second in 0...45 {
            #expect(run.machine.record.state == .running)
            run.now = Timestamp(microseconds: Int64(second) * 1_000_000)
            let worker = run.giveWorker()
            run.open(worker)
            #expect(run.planning.last == worker)
            run.fail(worker)
        }
        #expect(run.machine.record.state == .failed)
    }

    @Test func `a batch that keeps coming back with a passing error is given out for 45 s`() throws {
        var run = PlayedRun()
        let worker = run.giveWorker()
        run.open(worker)
        let range = [(range: KeyRange(), records: 10)]
        run.take { $0.rangesPlanned(worker, stream: 0, piece: 0, ranges: range, complete: true, $1) }
        var last = 0
        while run.machine.record.state == .running {
            #expect(run.assigned.count == last + 1)
            last = run.assigned.count
            let attempt = try #require(run.assigned.last).attempt
            run.take { $0.returned(worker, attempt: attempt, reason: "starting up", isTransient: true, $1) }
            if run.machine.record.state == .running { try run.wait() }
        }
        #expect(run.machine.record.reason?.hasSuffix("last: starting up") == true)
        #expect(run.now >= Timestamp(microseconds: 45_000_000))
    }

    @Test func `a worker whose lease ended is nobody's crash, and its line says so`() {
        var run = PlayedRun()
        for _ in 0..<5 {
            let worker = run.giveWorker()
            run.take { $0.leaseExpired(worker, silence: "10 s", $1) }
            run.take { $0.workerDied(worker, wasOrdered: true, detail: "its lease ended it", $1) }
        }
        #expect(run.machine.record.state == .running)
        #expect(run.lines.count { $0 == "worker lease expired: nothing was heard of it for 10 s" } == 5)
        #expect(!run.lines.contains { $0.hasPrefix("worker died") })
    }
}
