import Decisions
import Model

/// One simulated run: the real machine, simulated workers, a destination with gate and fences, a network that is slow, a
/// coordinator and workers that die. Everything is drawn from one seed.
struct Simulation {
    struct Transaction {
        enum State { case open, sent, committed, aborted }
        var batch: BatchID
        var attempt: AttemptID
        var state = State.open
        var records: Int
    }

    struct Worker {
        enum Step: Equatable {
            case idle
            case waiting(Assignment, WriteID)
            case committing(Assignment, WriteID)
        }

        var isAlive = true
        var isHeard = true
        var opened = false
        var assigned: [Assignment] = []
        var step = Step.idle
        var desiredDrain = false
        /// It has come to a poisoned record.
        var isPoisoned = false
        var inbox: [RunDirective] = []
        var outbox: [FromWorker] = []
    }

    enum FromWorker {
        case opened
        case cannotOpen
        case planned(stream: Int, [(range: KeyRange, records: Int)])
        case deletesPlanned(stream: Int, DeleteFacts)
        case intent(IntentFacts)
        case outcome(OutcomeFacts)
        case returned(AttemptID)
        case died(ordered: Bool)
    }

    enum Errand: Equatable {
        case gate
        case reconcile([FencedAttemptFacts])
        case discard
    }

    struct Faults {
        var fence = true
    }

    var random: SplitMix64
    let faults: Faults
    var clock: Int64 = 1_000_000
    var store: MemoryStore
    var machine: RunMachine
    var workers: [Incarnation: Worker] = [:]
    var wanted = 0
    var transactions: [WriteID: Transaction] = [:]
    var gateClosed = false
    var closedFences: Set<AttemptID> = []
    var errands: [Errand] = []
    var crashes: Int
    var deaths: Int
    var cancels: [CancelMode]
    /// What people do besides; one after the other.
    var wishes: [Wish]
    var log: [String] = []
    /// Of each stream; their keys are 1, 2, 3, …
    let records: [Int]
    /// What there is to delete of each stream, should it be mirrored.
    let deletes: [DeleteFacts]
    /// Streams of which more than allowed is deleted because a person let them.
    var letGoStreams: Set<Int> = []
    /// Records that a worker dies of.
    let poison: Set<Place>
    var deathsDrawn = 0
    /// Of each try at a swap: its stream, and the records that the new table was said to hold.
    var swapped: [(stream: Int, records: Int)] = []

    struct Place: Hashable {
        var stream: Int
        var key: Int
    }

    enum Wish: UInt64, CaseIterable {
        case freeze
        case unfreeze
        case release
        case shrink
        case grow
        case cancelStream
        case killStream
    }

    init(seed: UInt64, faults: Faults = Faults()) {
        var random = SplitMix64(state: seed)
        defer { self.random = random }
        self.random = random
        self.faults = faults
        let record = RunRecord(
            id: RunID(high: 1, low: seed),
            number: 1,
            job: "job",
            jobVersion: 1,
            trigger: "test",
            actor: "test",
            createdAt: Timestamp(microseconds: 0),
            streams: ["s", "t"].map { name in
                RunStreamRecord(stream: name, writeMode: [.replace, .mirror, .upsert][Int(random.next() % 3)])
            }
        )
        store = MemoryStore(run: record)
        limits.isOrdered = random.next() % 2 == 0
        limits.maxDeletes = [0.01, 0.5]
        deletes = (0..<2).map { _ in
            let rows = random.next() % 4 == 0 ? 0 : 1 + Int(random.next() % 25)
            return DeleteFacts(rows: rows, owned: 40, keyless: random.next() % 8 == 0 ? 1 : 0)
        }
        machine = RunMachine(record: record, limits: limits, seed: random.next())
        crashes = Int(random.next() % 3)
        deaths = Int(random.next() % 3)
        cancels = [[], [.graceful], [.force], [.graceful, .force], [.force, .force]][Int(random.next() % 5)]
        let records = [1 + Int(random.next() % 40), Int(random.next() % 40)]
        self.records = records
        let poisoned = random.next() % 2 == 0 ? 0 : random.next() % 4
        var poison: Set<Place> = []
        for _ in 0..<poisoned { poison.insert(Place(stream: 0, key: 1 + Int(random.next() % UInt64(records[0])))) }
        self.poison = poison
        let number = random.next() % 2 == 0 ? 0 : random.next() % 5
        wishes = []
        for _ in 0..<number { wishes.append(Wish.allCases[Int(random.next() % UInt64(Wish.allCases.count))]) }
    }

    var limits = RunLimits(
        workers: 2,
        batch: BatchLimits(records: 10),
        recordsPerSecond: nil,
        deadline: .seconds(60),
        onDeadline: .force
    )

    var now: Timestamp { Timestamp(microseconds: clock) }

    func chance(_ percent: UInt64, _ random: inout SplitMix64) -> Bool { random.next() % 100 < percent }

    /// Runs to the end; throws what is wrong.
    mutating func run() throws {
        try take { $0.started($1) }
        var idle = 0
        while idle < 400 {
            clock += Int64(random.next() % 20_000)
            // Only what an outage waits for: the rest moves without a clock.
            if store.run.blockedOn != nil, let wake = machine.wakeAt(now), wake <= now {
                try take { $0.timePassed($1) }
            }
            let moved = try step()
            idle = moved ? 0 : idle + 1
            if idle == 200, store.run.state == .held || machine.isFrozen { try letGo() }
            if store.run.state.isTerminal, transactions.values.allSatisfy({ $0.state != .sent }) { break }
        }
        try judge()
    }

    mutating func take(_ event: (inout RunMachine, Timestamp) -> Steps) throws {
        let steps = event(&machine, now)
        if machine.isFrozen, steps.changes.contains(where: \.isPermit) {
            throw Wrong(description: "a permit while the destination is frozen")
        }
        let before = store.run
        try store.apply(steps.changes)
        try checkOrder(steps)
        try checkDeletes(steps, before)
        for directive in steps.directives {
            execute(directive)
        }
    }

    /// With `ordered` nothing of the second stream is given out before the first is done.
    private func checkOrder(_ steps: Steps) throws {
        guard limits.isOrdered else { return }
        for case .assign(_, let assignment) in steps.directives where assignment.streamIndex == 1 {
            let first = store.batches.values.filter { $0.streamIndex == 0 }
            guard first.allSatisfy(\.state.isOver) else {
                throw Wrong(description: "the second stream began before the first was done")
            }
        }
    }

    /// Nothing is deleted before every record of the run is done, under one view, and not more than a person has let go.
    private mutating func checkDeletes(_ steps: Steps, _ before: RunRecord) throws {
        for case .insertBatches(let added) in steps.changes {
            guard let batch = added.first(where: { $0.kind == .deletes }) else { continue }
            // Parts take the place of a batch that was there.
            if store.batches.values.contains(where: { $0.kind == .deletes && $0.state == .split }) { continue }
            let stream = batch.streamIndex
            let records = store.batches.values.filter { $0.kind == .records }
            let found = deletes[stream]
            let isTooMuch = Double(found.rows) > limits.maxDeletes[stream] * Double(found.owned)
            guard store.run.streams[stream].writeMode == .mirror, records.allSatisfy(\.state.isOver),
                records.filter({ $0.streamIndex == stream }).allSatisfy({ $0.state == .done || $0.state == .split }),
                store.run.streams[stream].planComplete, store.run.snapshotGeneration == 1, found.keyless == 0,
                !isTooMuch || before.hold?.cause == .deletes
            else { throw Wrong(description: "deletes of stream \(stream) are queued, which must not be") }
            if isTooMuch { letGoStreams.insert(stream) }
        }
    }

    private mutating func execute(_ directive: RunDirective) {
        switch directive {
        case .wantWorkers(let count): wanted = count
        case .openRun(let worker, _), .planStream(let worker, _, _, _, _), .assign(let worker, _),
            .answer(let worker, _), .acknowledge(let worker, _, _), .retireWorker(let worker, _):
            workers[worker]?.inbox.append(directive)
        case .killWorkers(let killed, _):
            for worker in killed { kill(worker, ordered: true) }
        case .broadcastDrain:
            for worker in workers.keys where random.next() % 2 == 0 { workers[worker]?.desiredDrain = true }
        case .broadcastTerminate:
            for worker in workers.keys where random.next() % 2 == 0 { kill(worker, ordered: true) }
        case .closeGate: errands.append(.gate)
        case .reconcile(let attempts): errands.append(.reconcile(attempts))
        case .discard: errands.append(.discard)
        case .runEnded: wanted = 0
        }
    }

    /// The process is gone; what it had sent to the destination may still happen.
    mutating func kill(_ id: Incarnation, ordered: Bool) {
        guard workers[id]?.isAlive == true else { return }
        workers[id]?.isAlive = false
        switch workers[id]?.step {
        case .waiting(_, let write): transactions[write]?.state = .aborted
        case .committing, .idle, nil: break
        }
        workers[id]?.inbox = []
        workers[id]?.outbox.append(.died(ordered: ordered))
    }

    private mutating func step() throws -> Bool {
        switch random.next() % 10 {
        case 0: return try spawn()
        case 1, 2, 3: return try hearWorker()
        case 4, 5: return try tellWorker()
        case 6: return destinationCommits()
        case 7: return try runErrand()
        case 8: return try misfortune()
        default: return try userActs()
        }
    }

    private mutating func spawn() throws -> Bool {
        guard wanted > 0 else { return false }
        wanted -= 1
        let id = Incarnation(high: UInt64(workers.count + 1), low: random.next())
        workers[id] = Worker()
        try take { machine, _ in machine.workerGiven(id) }
        return true
    }

    private mutating func misfortune() throws -> Bool {
        if crashes > 0, chance(10, &random), !store.run.state.isTerminal, store.run.state != .queued {
            crashes -= 1
            log.append("coordinator dies in \(store.run.state)")
            try recover()
            return true
        }
        if deaths > 0, chance(10, &random), let victim = pick(workers.filter { $0.value.isAlive }.keys) {
            deaths -= 1
            deathsDrawn += 1
            log.append("a worker dies")
            kill(victim, ordered: false)
            return true
        }
        return false
    }

    private mutating func userActs() throws -> Bool {
        if chance(8, &random), !wishes.isEmpty { return try carryOut(wishes.removeFirst()) }
        guard chance(8, &random), let mode = cancels.first, !store.run.state.isTerminal else { return false }
        cancels.removeFirst()
        log.append("cancel \(mode) in \(store.run.state)")
        try take { $0.cancelRequested(mode: mode, actor: "a", reason: nil, deadline: nil, $1).0 }
        return true
    }

    private mutating func carryOut(_ wish: Wish) throws -> Bool {
        log.append("\(wish) in \(store.run.state)")
        switch wish {
        case .freeze: try take { $0.destinationFrozen("frozen", actor: "a", $1) }
        case .unfreeze: try take { $0.destinationUnfrozen(actor: "a", $1) }
        case .release where !machine.isFrozen: try take { $0.released(actor: "a", $1) }
        case .release: break
        case .shrink: try take { $0.shareChanged(1, $1) }
        case .grow: try take { $0.shareChanged(2, $1) }
        case .cancelStream, .killStream:
            let stream = Int(random.next() % 2)
            let mode: CancelMode = wish == .killStream ? .force : .graceful
            try take { $0.streamsCancelled([stream], mode: mode, actor: "a", reason: nil, $1).0 }
        }
        return true
    }

    /// Somebody sees that the run is held for good, and lets it go on.
    private mutating func letGo() throws {
        try take { $0.destinationUnfrozen(actor: "a", $1) }
        try take { $0.released(actor: "a", $1) }
    }

    mutating func pick<Items: Collection>(_ items: Items) -> Items.Element? where Items.Element: Comparable {
        guard !items.isEmpty else { return nil }
        return items.sorted()[Int(random.next() % UInt64(items.count))]
    }
}

extension StoreChange {
    fileprivate var isPermit: Bool {
        if case .insertWrite(let write) = self { return write.decision == .permit }
        return false
    }
}
