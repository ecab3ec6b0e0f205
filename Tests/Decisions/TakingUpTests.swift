import Decisions
import Model
import Testing

/// A run that an earlier coordinator left unfinished, taken up to be held.
@Suite struct TakingUpTests {
    private static let now = Timestamp(microseconds: 0)
    private static let outdated = HoldOrder(.outdated, "it is of version 1")
    private static let interrupted = HoldOrder(.interrupted, "it was interrupted")

    private func record(_ state: RunState, _ cause: HoldRecord.Cause? = nil) -> RunRecord {
        var record = RunRecord(
            id: RunID(high: 1, low: 1),
            number: 1,
            job: "job",
            jobVersion: 1,
            trigger: "test",
            actor: "test",
            createdAt: Self.now,
            streams: [RunStreamRecord(stream: "s")]
        )
        record.state = state
        record.hold = cause.map { HoldRecord(cause: $0, actor: "test", at: Self.now) }
        record.reason = cause.map { "held for \($0)" }
        return record
    }

    private let limits = RunLimits(
        workers: 1,
        batch: BatchLimits(records: 10),
        recordsPerSecond: nil,
        deadline: .seconds(60),
        onDeadline: .force
    )

    private func takeUp(_ record: RunRecord, _ order: HoldOrder?) throws -> (RunMachine, Steps, MemoryStore) {
        let (machine, steps) = RunMachine.recovered(
            record: record,
            limits: limits,
            seed: 1,
            nextSequence: 0,
            undone: [],
            open: [],
            writes: [],
            living: [],
            held: order,
            Self.now
        )
        var store = MemoryStore(run: record)
        try store.apply(steps.changes)
        return (machine, steps, store)
    }

    @Test func `a running one gets no worker until it is released`() throws {
        var (machine, steps, store) = try takeUp(record(.running), Self.outdated)
        #expect(store.run.state == .held)
        #expect(store.run.hold?.cause == .outdated)
        #expect(store.run.reason == Self.outdated.reason)
        #expect(steps.directives.isEmpty)
        let released = machine.released(actor: "ada", Self.now)
        #expect(released.directives == [.wantWorkers(1)])
        #expect(try takeUp(record(.running), nil).1.directives == [.wantWorkers(1)])
    }

    @Test func `one that was held for a freeze does not go on with it`() throws {
        for order in [Self.outdated, Self.interrupted] {
            var (machine, _, store) = try takeUp(record(.held, .frozen), order)
            #expect(store.run.hold?.cause == order.cause)
            #expect(store.run.reason == order.reason)
            try store.apply(machine.destinationFrozen("frozen", actor: "ada", Self.now).changes)
            try store.apply(machine.destinationUnfrozen(actor: "ada", Self.now).changes)
            #expect(store.run.state == .held)
        }
    }

    @Test(arguments: [HoldRecord.Cause.workers, .deletes])
    func `one that waits for a person already does so for the same cause, and says of another version`(
        cause: HoldRecord.Cause
    ) throws {
        let before = record(.held, cause)
        #expect(try takeUp(before, Self.interrupted).2.run == before)
        let outdated = try takeUp(before, Self.outdated).2.run
        #expect(outdated.hold == before.hold)
        #expect(outdated.reason == "it is of version 1; held for \(cause)")
        #expect(try takeUp(outdated, Self.outdated).2.run == outdated)
    }

    @Test func `one whose job is again what it began with goes on, another one not`() throws {
        let (machine, steps, store) = try takeUp(record(.held, .outdated), nil)
        #expect(store.run.state == .running)
        #expect(machine.record.hold == nil)
        #expect(steps.directives == [.wantWorkers(1)])
        for cause in [HoldRecord.Cause.interrupted, .workers] {
            #expect(try takeUp(record(.held, cause), nil).2.run.state == .held)
        }
    }

    @Test(arguments: [RunState.draining, .terminating, .reconciling]) func `one that ends goes on to its end`(
        state: RunState
    ) throws {
        #expect(try takeUp(record(state), Self.outdated).2.run.state != .held)
    }

    @Test func `one that was queued is held before it asks for a worker`() throws {
        let queued = record(.queued)
        var machine = RunMachine(record: queued, limits: limits, seed: 1)
        let steps = machine.started(held: Self.interrupted, Self.now)
        var store = MemoryStore(run: queued)
        try store.apply(steps.changes)
        #expect(store.run.state == .held)
        #expect(steps.directives == [.wantWorkers(0)])
    }
}
