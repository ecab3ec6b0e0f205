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

    private func job(isPaused: Bool) -> JobView {
        JobView(
            name: "contacts",
            version: 1,
            spec: JobSpec(
                name: "contacts",
                source: "app",
                destination: "crm",
                streams: [StreamSpec(stream: "contacts", destination: "people", writeMode: .append, key: [])]
            ),
            isPaused: isPaused,
            pausedReason: isPaused ? "run 11 was cancelled" : nil,
            lastRun: run(.completed)
        )
    }

    /// A run of two streams, the second of which was cancelled.
    private func twoStreams(_ state: RunState) -> RunView {
        var run = run(state)
        var first = RunStreamView(RunStreamRecord(stream: "contacts", destination: "people", planComplete: true))
        var counts = RunCounts()
        counts.planned = 40_000
        counts.applied = 8_000
        first.counts = counts
        var second = RunStreamView(RunStreamRecord(stream: "orders", destination: "orders"))
        let at = Timestamp(microseconds: 1_763_800_000_000_000)
        second.cancel = StreamCancelRecord(mode: .graceful, actor: "ada", reason: nil, at: at)
        counts.applied = 400
        counts.rejected = 7
        second.counts = counts
        run.streams = [first, second]
        run.planComplete = false
        return run
    }

    @Test func `a run of several streams has a line for each, cancelled ones marked`() {
        let lines = Receipt(run: twoStreams(.cancelled)).lines
        #expect(lines[0] == "Run 12 of contacts: cancelled in part, 1 of 2 streams")
        #expect(lines[1] == "  stream orders: cancelled by ada (graceful)")
        let table = lines.drop { !$0.hasPrefix("  STREAM") }.prefix(3)
        #expect(
            Array(table) == [
                "  STREAM              APPLIED  UNCHANGED  REJECTED  NOT APPLIED   NOT ATTEMPTED",
                "  contacts to people    8,000          0         0            0          32,000",
                "  orders                  400          0         7            0  39,593 or more  cancelled",
            ]
        )
    }

    @Test func `what a cancelled stream leaves is no part of the progress`() {
        var run = twoStreams(.running)
        run.withheld = 39_000
        #expect(
            ProgressLine(run: run).plain == "run 12 contacts: running, 20%, 8,400 of 41,000, 700/s, 1m 42s left"
        )
    }

    @Test func `what was rolled back is not done, what is staged is`() {
        var run = run(.cancelled)
        run.counts.applied = 7_400
        run.counts.notApplied = 1_000
        #expect(ProgressLine(run: run).plain == "run 12 contacts: cancelled, 9%, 7,400 of 80,000, 1,000 not applied")
        run.counts.staged = 600
        run.counts.notApplied = 0
        #expect(ProgressLine(run: run).plain == "run 12 contacts: cancelled, 10%, 8,000 of 80,000, 600 staged")
        #expect(Receipt(run: run).lines.contains("  staged         600"))
    }

    @Test func `a run that does not get on says so, and gives no time that is left`() {
        var run = run(.running)
        let start = Timestamp(microseconds: 1_763_800_000_000_000)
        run.lastProgressAt = start.advanced(by: .seconds(10))
        let line = { ProgressLine(run: run, now: start.advanced(by: .seconds($0))).plain }
        #expect(line(14).hasSuffix("8,400 of 80,000, 700/s, 1m 42s left"))
        #expect(line(22).hasSuffix("8,400 of 80,000, nothing new for 12s"))
    }

    @Test func `nothing is advised that cannot work`() {
        let paused = job(isPaused: true)
        let advice = { (run: RunView, isServed: Bool) in
            Receipt(run: run, job: paused, isServed: isServed).lines.drop { $0 != "Next:" }.dropFirst()
        }
        let resume = "sluice jobs resume contacts"
        #expect(advice(run(.cancelled), true).contains { $0.contains(resume) })
        #expect(!advice(run(.cancelled), false).contains { $0.contains(resume) })
        for state in [RunState.draining, .terminating, .reconciling] {
            #expect(!advice(run(state), true).contains { $0.contains(resume) })
            #expect(advice(run(state), true).contains { $0.contains("sluice watch 12") && $0.contains("it is ending") })
        }
        #expect(!advice(run(.running), false).contains { $0.contains("sluice watch") })
        var frozen = run(.held)
        frozen.hold = HoldRecord(cause: .frozen, actor: "ada", at: Timestamp(microseconds: 0))
        #expect(advice(frozen, true).contains { $0.contains("sluice unfreeze crm") })
        #expect(!advice(frozen, true).contains { $0.contains("sluice release") })
    }

    @Test func `of a run that nothing was planned of there is no number of none`() {
        var run = run(.cancelled)
        run.counts = RunCounts()
        run.planComplete = false
        #expect(Receipt(run: run).lines.last == "  not attempted  all: nothing had been planned")
    }

    @Test func `before a run it is said that its job is paused, and that it appends once more`() {
        #expect(
            StartNotes.lines(of: job(isPaused: true)) == [
                "contacts is paused (run 11 was cancelled): no schedule starts it, but this does",
                "contacts is appended to people: what run 12 wrote is written once more, if the source still has it",
            ]
        )
        var first = job(isPaused: false)
        first.lastRun = nil
        #expect(StartNotes.lines(of: first) == [])
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
        let lines = Receipt(run: run, job: job(isPaused: true), suffix: " --store x.db").lines
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
                "  sluice jobs resume contacts --store x.db             no schedule starts it, now that it is paused",
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
