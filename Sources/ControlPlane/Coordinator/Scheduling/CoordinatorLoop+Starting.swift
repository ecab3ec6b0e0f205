import Decisions
import Model
import Store

extension CoordinatorLoop {
    /// Queues a run of the job. One run per job at a time.
    func sync(_ name: String, _ request: SyncRequest) throws -> RunView {
        let job = try store.knownJob(name)
        if let other = runs.values.first(where: { $0.job.name == name })?.machine.record
            ?? queued.first(where: { $0.job.name == name })?.record
        {
            throw SluiceError(
                .conflict,
                "job \"\(name)\" is in run \(other.number), which is \(other.state.rawValue); one run per job at a time"
            )
        }
        if let fullStore {
            throw SluiceError(
                .store,
                "no space was left for the store \(fullStore); free some and restart the server"
            )
        }
        let now = now
        let record = RunRecord(
            id: RunID.make(milliseconds: now.milliseconds, using: &generator),
            number: try nextNumber(),
            job: name,
            jobVersion: job.version,
            trigger: request.trigger,
            actor: request.actor,
            createdAt: now,
            streams: job.spec.streams.map {
                RunStreamRecord(stream: $0.stream, destination: $0.destination, writeMode: $0.writeMode)
            }
        )
        changes.append(.insertRun(record))
        changes.append(
            .audit(
                AuditRecord(at: now, actor: request.actor, event: "run_queued", run: record.id, detail: request.trigger)
            )
        )
        queued.append(QueuedRun(record: record, job: job.spec))
        sayWhyQueued()
        return RunView(queued.last?.record ?? record, live: nil, workers: [], now)
    }

    private func nextNumber() throws -> Int {
        let next = max(try store.nextRunNumber(), lastNumber + 1)
        lastNumber = next
        return next
    }

    /// First in, first out, as slots become free; those that wait have the others make room.
    func startQueuedRuns() {
        guard fullStore == nil else { return }
        shareSlots()
        while let place = queued.firstIndex(where: { freezes[$0.job.destination] == nil }),
            fleet.slotsTaken < settings.slots
        {
            begin(queued.remove(at: place))
        }
    }

    /// Starts a run that was queued; false: it cannot, and has failed.
    ///
    /// - Parameter order: nil: it goes on.
    @discardableResult
    func begin(_ queuedRun: QueuedRun, held order: HoldOrder? = nil) -> Bool {
        let job = queuedRun.job
        var record = queuedRun.record
        record.blockedOn = nil
        do {
            guard let source = try store.connection(job.source),
                let destination = try store.connection(job.destination)
            else { throw SluiceError(.notFound, "a connection of its job is gone") }
            let machine = RunMachine(record: record, limits: limits(of: job), seed: generator.next())
            runs[record.id] = ActiveRun(machine: machine, job: job, source: source, destination: destination)
            shareSlots()
            act(on: record.id) { $0.started(held: order, now) }
            return true
        } catch {
            log("run \(record.number) cannot start: \(error)")
            record.state = .failed
            record.reason = "it cannot start: \(error)"
            record.endedAt = now
            changes.append(.updateRun(record, from: .queued))
            return false
        }
    }

    /// Connections and jobs as configured: all of it or, by the transaction, nothing; of a dry run nothing at all.
    func apply(_ request: ApplyRequest, actor: String) throws -> ApplyReply {
        let plan = try ApplyPlan(request, to: store, actor: actor, now: now)
        if !request.dryRun { changes += plan.changes }
        return plan.reply
    }

    func pause(_ name: String, paused: Bool, reason: String?, actor: String) throws {
        _ = try store.knownJob(name)
        changes.append(.setJobPaused(job: name, paused: paused, reason: reason, at: now))
        changes.append(
            .audit(
                AuditRecord(
                    at: now,
                    actor: actor,
                    event: paused ? "job_paused" : "job_resumed",
                    run: nil,
                    subject: name,
                    detail: reason ?? ""
                )
            )
        )
    }
}
