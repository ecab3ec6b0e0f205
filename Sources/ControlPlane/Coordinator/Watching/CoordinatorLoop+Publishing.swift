import Decisions
import Model
import Store

extension CoordinatorLoop {
    /// Shows the state after this turn to the API's threads.
    func publish() {
        let now = now
        var views: [RunID: RunView] = [:]
        for (id, active) in runs {
            active.meter.note(active.machine.record.counts.attempted, now)
            countWithheld(active)
            views[id] = RunView(active.machine.record, live: active, workers: workerViews(of: id), now)
        }
        board.publish(
            runs: views,
            workers: workers.values.map { view($0) }.sorted { $0.incarnation < $1.incarnation }
        )
    }

    /// Batches are withheld while a run goes on when one of its streams is cancelled.
    private func countWithheld(_ active: ActiveRun) {
        let record = active.machine.record
        guard record.counts.batchesWithheld != active.withheld.batches else { return }
        do {
            active.withheld = (try store.withheldRecords(run: record.id), record.counts.batchesWithheld)
        } catch {
            log("the withheld records of run \(record.number) cannot be counted: \(error)")
        }
    }

    private func workerViews(of run: RunID) -> [WorkerView] {
        workers.values.filter { $0.record.run == run }.map { view($0) }.sorted { $0.incarnation < $1.incarnation }
    }

    private func view(_ worker: LiveWorker) -> WorkerView {
        let run = worker.record.run.flatMap { runs[$0]?.machine.record.number }
        var view = WorkerView(
            worker.record,
            run: run,
            state: worker.state,
            doing: worker.doing,
            bytes: worker.residentBytes
        )
        view.since = worker.since
        return view
    }
}

extension WorkerView {
    init(_ record: WorkerRecord, run: Int?, state: WorkerState, doing: String, bytes: UInt64) {
        self.init(
            incarnation: record.incarnation,
            run: run,
            pid: record.pid,
            host: record.host,
            state: state,
            doing: doing,
            residentBytes: bytes,
            spawnedAt: record.spawnedAt,
            diedAt: record.diedAt,
            death: record.proof.map { proof in record.detail.map { "\(proof): \($0)" } ?? proof }
        )
    }
}

extension RunView {
    /// - Parameter live: absent for a run that has ended.
    init(_ record: RunRecord, live: ActiveRun?, workers: [WorkerView], _ now: Timestamp) {
        var rate = 0.0
        var secondsLeft: Double?
        let withheld = live?.withheld.records ?? 0
        if let live, record.state == .running || record.state == .draining {
            rate = live.meter.perSecond(now)
            if live.machine.hasPlan {
                let left = max(0, record.counts.notAttempted - withheld)
                secondsLeft = live.meter.secondsLeft(left, now)
            }
        }
        self.init(
            id: record.id,
            number: record.number,
            job: record.job,
            jobVersion: record.jobVersion,
            kind: record.kind,
            state: record.state,
            trigger: record.trigger,
            actor: record.actor,
            createdAt: record.createdAt,
            startedAt: record.startedAt,
            endedAt: record.endedAt,
            reason: record.reason,
            blockedOn: record.blockedOn,
            counts: record.counts,
            planComplete: record.streams.allSatisfy(\.planComplete),
            rate: rate,
            secondsLeft: secondsLeft,
            cancel: record.cancel,
            workers: workers,
            warnings: live?.machine.warnings ?? []
        )
        hold = record.hold
        streams = record.streams.map { RunStreamView($0) }
        self.withheld = withheld
        lastProgressAt = live?.meter.lastProgressAt
    }
}
