import Model
import Testing

@testable import sluice

@Suite struct ReceiptTests {
    private func run(_ state: RunState) -> RunView {
        let start = Timestamp(microseconds: 1_763_800_000_000_000)
        var counts = RunCounts()
        counts.planned = 80_000
        counts.applied = 8_400
        counts.updated = 8_400
        return RunView(
            id: RunID(high: 1, low: 12),
            number: 12,
            job: "contacts",
            jobVersion: 1,
            kind: .sync,
            state: state,
            trigger: "manual",
            actor: "ada",
            createdAt: start,
            startedAt: start,
            endedAt: state.isTerminal ? start.advanced(by: .seconds(12)) : nil,
            reason: nil,
            blockedOn: nil,
            counts: counts,
            planComplete: true,
            rate: 700,
            secondsLeft: 102.2,
            cancel: nil,
            workers: [],
            warnings: []
        )
    }

    @Test func `a completed run says how long it took and how fast it was`() {
        var run = run(.completed)
        run.counts.planned = 8_400
        #expect(
            Receipt(run: run).lines == [
                "Run 12 of contacts: completed in 12.0 s, 8,400 records, 700/s",
                "",
                "  applied    8,400  (8,400 updated)",
                "  unchanged  0",
                "",
                "Next:",
                "  sluice records 12  what was written, field by field",
            ]
        )
    }

    @Test func `of a run that nobody has the next step is a server`() {
        var run = run(.running)
        run.isUnattended = true
        let next = Receipt(run: run, suffix: " --store x.db").lines.drop { $0 != "Next:" }
        #expect(
            Array(next) == [
                "Next:",
                "  sluice serve --store x.db         no server is running; one takes it up, and it goes on",
                "  sluice serve --hold --store x.db  or waits for \"sluice release\" or \"sluice cancel\"",
                "  sluice records 12 --store x.db    what was written, field by field",
            ]
        )
    }

    @Test func `a force cancel tells its times, its verdicts and what to do next`() {
        var run = run(.cancelled)
        let requested = Timestamp(microseconds: 1_763_800_012_000_000)
        var cancel = CancelRecord(mode: .force, actor: "ada", reason: "wrong mapping", requestedAt: requested)
        cancel.lastPermitAt = requested.advanced(by: .milliseconds(-4))
        cancel.lastWriteAt = requested.advanced(by: .milliseconds(6))
        cancel.workersDeadAt = requested.advanced(by: .milliseconds(31))
        cancel.fencedAt = requested.advanced(by: .milliseconds(44))
        cancel.reconciledAt = requested.advanced(by: .milliseconds(112))
        run.cancel = cancel
        run.reason = "wrong mapping"
        run.counts.notApplied = 250
        run.counts.unknowable = 1
        let lines = Receipt(run: run, isPaused: true, suffix: " --store x.db").lines
        // The clock's zone is the machine's.
        #expect(
            lines.map { $0.replacing(/\d\d:\d\d:\d\d/, with: "H:M:S") } == [
                "Run 12 of contacts: cancelled (force)",
                "",
                "  asked by      ada, \"wrong mapping\"",
                "  mode          force",
                "  requested     H:M:S.000",
                "  last permit   H:M:S.996  4 ms before",
                "  last write    H:M:S.006  +6 ms",
                "  workers dead  H:M:S.031  +31 ms",
                "  fenced        H:M:S.044  +44 ms",
                "  reconciled    H:M:S.112  +112 ms",
                "",
                "  applied        8,400  (8,400 updated)",
                "  unchanged      0",
                "  not applied    250",
                "  unknowable     1",
                "  not attempted  71,349 of 80,000 planned",
                "",
                "Next:",
                "  sluice records 12 --store x.db                       what was written, field by field",
                "  sluice records 12 --verdict unknowable --store x.db  records of which nobody can tell any more",
                "  sluice jobs resume contacts --store x.db             its schedule is paused",
            ]
        )
    }

    @Test func `a held run asks for a decision`() {
        var run = run(.held)
        run.reason = "three workers died within 60 s"
        run.counts.applied = 0
        run.counts.updated = 0
        #expect(
            Receipt(run: run).lines.suffix(3) == [
                "Next:", "  sluice release 12  let it go on", "  sluice cancel 12   or stop it",
            ]
        )
        #expect(Receipt(run: run).lines[1] == "  three workers died within 60 s")
    }

    @Test func `the progress line fits the terminal`() {
        let line = ProgressLine(run: run(.running))
        #expect(
            line.plain == "run 12 contacts: running, 10%, 8,400 of 80,000, 700/s, 1m 42s left"
        )
        let bar = line.bar(columns: 100)
        #expect(
            bar == "run 12 contacts  running  [###..........................]  10%  8,400 of 80,000  700/s  1m 42s left"
        )
        #expect(line.bar(columns: 60).count < 60)
    }

    @Test func `a run that is being planned has no share yet`() {
        var run = run(.running)
        run.planComplete = false
        run.rate = 0
        run.secondsLeft = nil
        #expect(ProgressLine(run: run).plain == "run 12 contacts: running, 8,400 of 80,000 or more")
        run.counts = RunCounts()
        #expect(ProgressLine(run: run).plain == "run 12 contacts: running, planning")
    }

    @Test(arguments: zip(RunState.allCases, [0, 0, 4, 0, 0, 0, 0, 3, 1]))
    func `the exit code tells the state`(state: RunState, code: Int32) {
        #expect(RunExit(state).rawValue == code)
    }
}
