import Decisions
import Model

extension Simulation {
    /// The next message of some worker reaches the coordinator.
    mutating func hearWorker() throws -> Bool {
        guard let id = pick(workers.filter { !$0.value.outbox.isEmpty }.keys),
            let message = workers[id]?.outbox.removeFirst()
        else { return false }
        guard workers[id]?.isHeard == true || isDeath(message) else { return true }
        switch message {
        case .opened:
            try take {
                $0.runOpened(id, snapshot: id.description, isSingleWriter: false, streams: [:], warnings: [], $1)
            }
        case .cannotOpen:
            try take { $0.runFailed(id, SluiceError(.conflict, "the view is gone", isRetriable: true), $1) }
        case .planned(let stream, let ranges):
            try take { $0.rangesPlanned(id, stream: stream, piece: 0, ranges: ranges, complete: true, $1) }
        case .deletesPlanned(let stream, let found):
            try take { $0.rangesPlanned(id, stream: stream, piece: 0, ranges: [], complete: true, deletes: found, $1) }
        case .intent(let facts):
            try take { $0.intentReceived(id, facts, epoch: 1, $1) }
        case .outcome(let facts):
            try take { $0.outcomeReceived(id, facts, $1) }
        case .returned(let attempt):
            try take { $0.returned(id, attempt: attempt, reason: "r", isTransient: false, $1) }
        case .died(let ordered):
            try take { $0.workerDied(id, wasOrdered: ordered, detail: "d", $1) }
        }
        return true
    }

    private func isDeath(_ message: FromWorker) -> Bool {
        if case .died = message { return true }
        return false
    }

    /// The next message of the coordinator reaches some worker, or a worker gets on by itself.
    mutating func tellWorker() throws -> Bool {
        guard let id = pick(workers.filter { $0.value.isAlive }.keys), var worker = workers[id] else { return false }
        defer {
            workers[id] = worker
            if worker.isPoisoned { kill(id, ordered: false) }
        }
        if !worker.inbox.isEmpty {
            obey(worker.inbox.removeFirst(), &worker, id)
            return true
        }
        switch worker.step {
        case .idle:
            guard !worker.assigned.isEmpty else { return false }
            let assignment = worker.assigned.removeFirst()
            if worker.desiredDrain {
                worker.outbox.append(.returned(assignment.attempt))
                return true
            }
            begin(assignment, &worker)
            return true
        case .waiting(let assignment, let write):
            // Sometimes the transaction is lost, or somebody was faster: a new one with a new intent.
            guard chance(5, &random) else { return false }
            transactions[write]?.state = .aborted
            worker.outbox.append(outcome(assignment, write, .rolledBack, again: true))
            begin(assignment, &worker)
            return true
        case .committing(let assignment, let write):
            switch transactions[write]?.state {
            case .committed:
                worker.outbox.append(outcome(assignment, write, .committed(at: now), again: false))
            case .aborted:
                worker.outbox.append(outcome(assignment, write, .rolledBack, again: false))
            default:
                guard chance(3, &random) else { return false }
                worker.outbox.append(outcome(assignment, write, .unsure, again: false))
            }
            worker.step = .idle
            return true
        }
    }

    private func outcome(
        _ assignment: Assignment,
        _ write: WriteID,
        _ ending: OutcomeFacts.Ending,
        again: Bool
    ) -> FromWorker {
        .outcome(OutcomeFacts(attempt: assignment.attempt, write: write, ending: ending, reason: "", again: again))
    }

    /// The records of a range.
    func places(_ stream: Int, _ range: KeyRange) -> [Place] {
        let first = (range.after.flatMap { Int($0[0]) } ?? 0) + 1
        let last = range.through.flatMap { Int($0[0]) } ?? records[stream]
        return first > last ? [] : (first...last).map { Place(stream: stream, key: $0) }
    }

    private func plan(_ stream: Int, _ recordsPerBatch: Int, _ range: KeyRange) -> [(range: KeyRange, records: Int)] {
        let keys = places(stream, range).map(\.key)
        return stride(from: 0, to: keys.count, by: recordsPerBatch).map { start in
            let end = min(start + recordsPerBatch, keys.count)
            let after = start == 0 ? range.after : ["\(keys[start - 1])"]
            let through = end == keys.count ? range.through : ["\(keys[end - 1])"]
            return (range: KeyRange(after: after, through: through), records: end - start)
        }
    }

    private func isPoisoned(_ assignment: Assignment) -> Bool {
        assignment.kind == .records
            && !poison.isDisjoint(with: places(assignment.streamIndex, assignment.range))
    }

    private mutating func begin(_ assignment: Assignment, _ worker: inout Worker) {
        // Some die while they read, others with the permit.
        worker.isPoisoned = isPoisoned(assignment) && chance(50, &random)
        if worker.isPoisoned { return }
        if assignment.kind == .swap { swapped.append((assignment.streamIndex, assignment.records)) }
        let write = WriteID(high: random.next(), low: random.next())
        transactions[write] = Transaction(
            batch: assignment.batch,
            attempt: assignment.attempt,
            records: assignment.records
        )
        worker.outbox.append(
            .intent(
                IntentFacts(
                    batch: assignment.batch,
                    attempt: assignment.attempt,
                    write: write,
                    transaction: "\(write)",
                    system: "",
                    digest: write.bytes,
                    counts: WriteCounts(
                        inserted: assignment.kind == .records ? assignment.records : 0,
                        updated: 0,
                        deleted: assignment.kind == .deletes ? assignment.records : 0,
                        unchanged: 0,
                        rejected: 0
                    ),
                    header: [],
                    keyHashes: [],
                    segment: []
                )
            )
        )
        worker.step = .waiting(assignment, write)
    }

    private mutating func obey(_ directive: RunDirective, _ worker: inout Worker, _ id: Incarnation) {
        switch directive {
        case .openRun(_, let snapshot):
            // The view of a process that has died meanwhile cannot be shared.
            let holder = workers.first { $0.key.description == snapshot }
            if snapshot.isEmpty || holder?.value.isAlive == true {
                worker.opened = true
                worker.outbox.append(.opened)
            } else {
                worker.outbox.append(.cannotOpen)
            }
        case .planStream(_, let stream, .deletes, _, _):
            worker.outbox.append(.deletesPlanned(stream: stream, deletes[stream]))
        case .planStream(_, let stream, _, let count, let range):
            worker.outbox.append(.planned(stream: stream, plan(stream, count, range)))
        case .assign(_, let assignment): worker.assigned.append(assignment)
        case .answer(_, let answer):
            guard case .waiting(let assignment, let write) = worker.step, answer.write == write else { return }
            switch answer.decision {
            case .permit where isPoisoned(assignment):
                worker.isPoisoned = true
            case .permit:
                transactions[write]?.state = .sent
                worker.step = .committing(assignment, write)
            case .refuse, .withdrawn:
                transactions[write]?.state = .aborted
                worker.outbox.append(outcome(assignment, write, .rolledBack, again: false))
                worker.step = .idle
            case .retry:
                transactions[write]?.state = .aborted
                worker.outbox.append(.returned(assignment.attempt))
                worker.step = .idle
            }
        case .retireWorker:
            if case .waiting(_, let write) = worker.step { transactions[write]?.state = .aborted }
            worker.isAlive = false
            worker.outbox.append(.died(ordered: true))
        default: break
        }
    }

    /// A commit that was sent happens at some time, whoever is dead, unless gate or fence are closed by then.
    mutating func destinationCommits() -> Bool {
        guard let write = pick(transactions.filter { $0.value.state == .sent }.keys),
            let transaction = transactions[write]
        else { return false }
        let isFenced = faults.fence && (gateClosed || closedFences.contains(transaction.attempt))
        transactions[write]?.state = isFenced ? .aborted : .committed
        return true
    }

    mutating func runErrand() throws -> Bool {
        guard !errands.isEmpty else { return false }
        switch errands.removeFirst() {
        case .discard:
            let failure = chance(20, &random) ? "drawn" : nil
            try take { $0.discarded(failure: failure, $1) }
        case .gate:
            gateClosed = true
            try take { $0.gateClosed($1) }
        case .reconcile(let attempts):
            var evidence: [WriteID: FoundEnding] = [:]
            for attempt in attempts {
                closedFences.insert(attempt.attempt)
                for write in attempt.writes {
                    let isCommitted = transactions[write.write]?.state == .committed
                    evidence[write.write] = FoundEnding(ending: isCommitted ? .committed : .rolledBack, detail: "")
                }
            }
            try take { $0.reconciled(evidence, $1) }
        }
        return true
    }

    /// SIGKILL of the coordinator: its workers die with it, a new one starts from the store.
    mutating func recover() throws {
        errands = []
        wanted = 0
        var living: Set<Incarnation> = []
        for id in workers.keys.sorted() {
            let wasAlive = workers[id]?.isAlive == true
            kill(id, ordered: true)
            let hasDeath = workers[id]?.outbox.contains(where: isDeath) == true
            if wasAlive || hasDeath { living.insert(id) }
            workers[id]?.isHeard = false
        }
        let undone = store.batches.values.filter { !$0.state.isOver }
        let undoneIDs = Set(undone.map(\.id))
        var record = store.run
        record.counts = recounted()
        let (recovered, steps) = RunMachine.recovered(
            record: record,
            limits: limits,
            seed: random.next(),
            nextSequence: store.batches.count,
            undone: Array(undone),
            open: store.attempts.values.filter { [.open, .condemned, .closed].contains($0.state) },
            writes: store.writes.filter { undoneIDs.contains($0.batch) },
            staged: staged(),
            living: living,
            now
        )
        let isFrozen = machine.isFrozen
        machine = recovered
        try take { _, _ in steps }
        if isFrozen { try take { $0.destinationFrozen("frozen", actor: "a", $1) } }
    }
}
