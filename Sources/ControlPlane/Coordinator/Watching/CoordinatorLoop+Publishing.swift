import Decisions
import Model

extension CoordinatorLoop {
    /// Shows the state after this turn to the API's threads.
    func publish() {
        let now = now
        var views: [RunID: RunView] = [:]
        for (id, active) in runs {
            active.meter.note(active.machine.record.counts.attempted, now)
            views[id] = RunView(active.machine.record, live: active, workers: workerViews(of: id), now)
        }
        board.publish(
            runs: views,
            workers: workers.values.map { view($0) }.sorted { $0.incarnation < $1.incarnation }
        )
    }

    private func workerViews(of run: RunID) -> [WorkerView] {
        workers.values.filter { $0.record.run == run }.map { view($0) }.sorted { $0.incarnation < $1.incarnation }
    }

    private func view(_ worker: LiveWorker) -> WorkerView {
        let run = worker.record.run.flatMap { runs[$0]?.machine.record.number }
        return WorkerView(
            worker.record,
            run: run,
            state: worker.state,
            doing: worker.doing,
            bytes: worker.residentBytes
        )
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
            death: [record.proof, record.detail].compactMap { $0 }.joined(separator: ": ")
        )
    }
}

extension RunView {
    /// - Parameter live: absent for a run that has ended.
    init(_ record: RunRecord, live: ActiveRun?, workers: [WorkerView], _ now: Timestamp) {
        var rate = 0.0
        var secondsLeft: Double?
        if let live, record.state == .running || record.state == .draining {
            rate = live.meter.perSecond(now)
            if rate > 0, record.streams.allSatisfy(\.planComplete) {
                secondsLeft = Double(record.counts.notAttempted) / rate
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
        streams = record.streams
    }
}
