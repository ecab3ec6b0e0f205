import Decisions
import Model
import Testing

/// A run with one worker at a time, played by hand: batches of keys 1, 2, 3, … in ranges of ten.
private struct PlayedRun {
    var machine: RunMachine
    var store: MemoryStore
    private(set) var worker = Incarnation(high: 2, low: 0)
    /// In the worker's hand, in order.
    private(set) var hand: [Assignment] = []
    private(set) var reconciling: [FencedAttemptFacts] = []
    private let records: Int
    private var writes: UInt64 = 0

    init(records: Int) throws {
        let record = RunRecord(
            id: RunID(high: 1, low: 1),
            number: 1,
            job: "job",
            jobVersion: 1,
            trigger: "test",
            actor: "test",
            createdAt: .zero,
            streams: [RunStreamRecord(stream: "s")]
        )
        let limits = RunLimits(
            workers: 1,
            batch: BatchLimits(records: 10),
            recordsPerSecond: nil,
            deadline: .seconds(60),
            onDeadline: .force
        )
        machine = RunMachine(record: record, limits: limits, seed: 1)
        store = MemoryStore(run: record)
        self.records = records
        try take { $0.started(.zero) }
        try giveWorker()
    }

    mutating func take(_ event: (inout RunMachine) -> Steps) throws {
        let steps = event(&machine)
        try store.apply(steps.changes)
        for directive in steps.directives {
            switch directive {
            case .planStream(_, let stream, _, let count, let range):
                let ranges = plan(range, count)
                let worker = worker
                try take {
                    $0.rangesPlanned(worker, stream: stream, piece: 0, ranges: ranges, complete: true, .zero)
                }
            case .assign(_, let assignment): hand.append(assignment)
            case .reconcile(let attempts): reconciling = attempts
            default: break
            }
        }
    }

    mutating func giveWorker() throws {
        worker = Incarnation(high: 2, low: worker.low + 1)
        let worker = worker
        try take { $0.workerGiven(worker) }
        try take { $0.runOpened(worker, snapshot: "", isSingleWriter: false, streams: [:], warnings: [], .zero) }
    }

    /// The worker dies by itself.
    mutating func die() throws {
        hand = []
        let worker = worker
        try take { $0.workerDied(worker, wasOrdered: false, detail: "signal 6", .zero) }
    }

    mutating func intend() throws -> WriteID {
        writes += 1
        let (write, worker, first) = (WriteID(high: 3, low: writes), worker, hand[0])
        let intent = IntentFacts(
            batch: first.batch,
            attempt: first.attempt,
            write: write,
            transaction: "1",
            system: "",
            digest: write.bytes,
            counts: WriteCounts(inserted: first.records, updated: 0, deleted: 0, unchanged: 0, rejected: 0),
            header: [],
            keyHashes: [],
            segment: []
        )
        try take { $0.intentReceived(worker, intent, epoch: 1, .zero) }
        return write
    }

    mutating func commit() throws {
        let (write, worker) = (try intend(), worker)
        let attempt = hand.removeFirst().attempt
        try take {
            $0.outcomeReceived(
                worker,
                OutcomeFacts(attempt: attempt, write: write, ending: .committed(at: .zero), reason: "", again: false),
                .zero
            )
        }
    }

    private func plan(_ range: KeyRange, _ count: Int) -> [(range: KeyRange, records: Int)] {
        let first = range.after.flatMap { Int($0[0]) } ?? 0
        let last = range.through.flatMap { Int($0[0]) } ?? records
        return stride(from: first, to: last, by: count).map { start in
            let end = min(start + count, last)
            return (range: KeyRange(after: ["\(start)"], through: ["\(end)"]), records: end - start)
        }
    }
}

extension Timestamp {
    fileprivate static let zero = Timestamp(microseconds: 0)
}

@Suite struct PoisonTests {
    private func firsts(_ run: PlayedRun) -> [String?] { run.hand.map { $0.range.after?[0] } }

    @Test func `a batch that a worker died of goes last, and is then alone in its worker's hand`() throws {
        var run = try PlayedRun(records: 40)
        #expect(firsts(run) == ["0", "10"])
        try run.die()
        try run.giveWorker()
        #expect(firsts(run) == ["10", "20"])
        try run.commit()
        try run.commit()
        #expect(firsts(run) == ["30"])
        try run.commit()
        #expect(firsts(run) == ["0"])
        try run.die()
        try run.giveWorker()
        // Cut in two; each half alone.
        #expect(firsts(run) == ["0"])
        #expect(run.hand[0].range.through == ["5"])
        try run.commit()
        #expect(firsts(run) == ["5"])
        try run.commit()
        #expect(run.store.run.state == .completed)
        #expect(run.store.run.counts.applied == 40)
        #expect(run.store.run.counts.batchesPlanned == 5)
        #expect(run.store.batches.values.count { $0.state == .split } == 1)
    }

    @Test func `a death behind a commit that was not heard of is the next batch's`() throws {
        var run = try PlayedRun(records: 20)
        let (first, second) = (run.hand[0].batch, run.hand[1].batch)
        let write = try run.intend()
        try run.die()
        #expect(run.reconciling.flatMap(\.writes).map(\.write) == [write])
        #expect(run.store.batches[second]?.crashes == 0)
        try run.take { $0.reconciled([write: FoundEnding(ending: .committed, detail: "")], .zero) }
        #expect(run.store.batches[first]?.state == .done)
        #expect(run.store.batches[second]?.crashes == 1)
    }

    @Test func `deaths at three batches hold the run, as before`() throws {
        var run = try PlayedRun(records: 40)
        for _ in 0..<2 {
            try run.die()
            try run.giveWorker()
        }
        #expect(run.store.run.state == .running)
        try run.die()
        #expect(run.store.run.state == .held)
        #expect(run.store.run.hold?.cause == .workers)
    }

    @Test func `a worker that dies of everything is held after ten records, and goes on from there`() throws {
        var run = try PlayedRun(records: 20)
        for _ in 0..<100 where run.store.run.state == .running {
            try run.die()
            try run.giveWorker()
        }
        #expect(run.store.run.state == .held)
        #expect(run.store.run.counts.quarantined == RestartIntensity.quarantinesMax)
        #expect(run.store.run.reason?.hasPrefix("workers died of 10 records, the last: ") == true)
        try run.take { $0.released(actor: "a", .zero) }
        for _ in 0..<100 where run.store.run.state == .running && !run.hand.isEmpty { try run.commit() }
        #expect(run.store.run.state == .completed)
        #expect(run.store.run.counts.applied == 10)
        #expect(run.store.run.counts.notAttempted == 0)
    }
}
