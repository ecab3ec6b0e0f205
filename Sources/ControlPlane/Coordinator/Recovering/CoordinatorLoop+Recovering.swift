import Decisions
import Model
import Store

extension CoordinatorLoop {
    /// Takes up every run that an earlier coordinator left unfinished, and asks for proofs of death of its workers.
    func recover() {
        let now = now
        do {
            for freeze in try store.freezes() { freezes[freeze.connection] = freeze }
            let living = try store.liveWorkers()
            for record in living {
                var worker = LiveWorker(record: record, lastHeardAt: now)
                worker.state = .dying
                worker.deathIsOrdered = true
                workers[record.incarnation] = worker
                prove(record)
            }
            for record in try store.runs(job: nil, activeOnly: true, limit: 10_000, before: nil).reversed() {
                guard let job = try store.jobVersion(record.job, record.jobVersion) else {
                    throw SluiceError(.internal, "run \(record.number): its job version is not in the store")
                }
                let order = try reasonToHold(record, of: job)
                if record.state == .queued {
                    let waiting = QueuedRun(record: record, job: job)
                    if let order { hold(waiting, order) } else { queued.append(waiting) }
                    continue
                }
                let own = Set(living.filter { $0.run == record.id }.map(\.incarnation))
                try takeUp(record, of: job, living: own, held: order, now)
            }
        } catch {
            stopForGood("the store cannot be read: \(error)", .store)
        }
    }

    /// Nil: it goes on. A run goes on with the version of its job that it began with, which its owner may have found wrong.
    private func reasonToHold(_ record: RunRecord, of job: JobSpec) throws -> HoldOrder? {
        let (number, version) = (record.number, record.jobVersion)
        if let current = try store.job(record.job), current.spec != job {
            let what = "run \(number) is of version \(version) of the job, which is now version \(current.version)"
            return HoldOrder(.outdated, "\(what): release it to go on with version \(version), or cancel it")
        }
        guard settings.holdsInterrupted else { return nil }
        return HoldOrder(.interrupted, "run \(number) was interrupted: release it to go on, or cancel it")
    }

    /// A run that has not begun, and shall not by itself.
    private func hold(_ waiting: QueuedRun, _ order: HoldOrder) {
        guard begin(waiting, held: order) else { return }
        applyFreeze(to: waiting.record.id)
    }

    private func takeUp(
        _ stored: RunRecord,
        of job: JobSpec,
        living: Set<Incarnation>,
        held order: HoldOrder?,
        _ now: Timestamp
    ) throws {
        var record = stored
        record.counts = try store.recount(run: record.id)
        guard let source = try store.connection(job.source), let destination = try store.connection(job.destination)
        else {
            throw SluiceError(.internal, "run \(record.number): a connection of its job is not in the store")
        }
        let batches = try store.batches(run: record.id)
        let undone = batches.filter { !$0.state.isOver }
        let undoneIDs = Set(undone.map(\.id))
        let open = try store.attempts(run: record.id).filter {
            $0.state == .open || $0.state == .condemned || $0.state == .closed
        }
        let writes = try store.writes(run: record.id)
        let (machine, steps) = RunMachine.recovered(
            record: record,
            limits: limits(of: job),
            seed: generator.next(),
            nextSequence: (batches.map(\.sequence).max() ?? -1) + 1,
            undone: undone,
            open: open,
            writes: writes.filter { undoneIDs.contains($0.batch) },
            staged: staged(writes, in: record),
            living: living,
            held: order,
            now
        )
        runs[record.id] = ActiveRun(machine: machine, job: job, source: source, destination: destination)
        take(steps, of: record.id)
        applyFreeze(to: record.id)
    }

    /// By stream in write mode `replace`: records in its new table, unless that is decided upon.
    private func staged(_ writes: [WriteRecord], in run: RunRecord) -> [Int: Int] {
        let staging = run.streams.indices.filter {
            run.streams[$0].writeMode == .replace && run.streams[$0].swap == nil
        }
        return writes.reduce(into: [:]) { staged, write in
            guard write.ending == .committed, staging.contains(write.streamIndex) else { return }
            staged[write.streamIndex, default: 0] += write.counts.inserted
        }
    }

    func limits(of job: JobSpec) -> RunLimits {
        RunLimits(
            workers: min(job.workers ?? settings.slots, settings.slots),
            batch: job.batch,
            recordsPerSecond: job.rateLimit,
            deadline: job.deadline,
            onDeadline: job.onDeadline,
            isOrdered: job.isOrdered,
            maxDeletes: job.streams.map { $0.maxDeletes ?? StreamSpec.defaultMaxDeletes },
            patience: settings.patience ?? RunLimits.patienceUsual
        )
    }
}
