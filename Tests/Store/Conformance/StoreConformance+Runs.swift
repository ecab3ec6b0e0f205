import Model
import Store
import Testing

extension StoreConformance {
    static let runs: [Check] = [
        Check(name: "a run comes back with everything that was put into it, also after opening again") { open in
            var sample = Sample()
            sample.run.counts.planned = 30
            do {
                let store = try open()
                try store.apply(sample.beginning)
                sample.run.state = .terminating
                sample.run.pendingEnd = .cancelled
                sample.run.startedAt = .sample(2)
                sample.run.endedAt = .sample(9)
                sample.run.reason = "wrong \"mapping\""
                sample.run.blockedOn = "the gate of crm"
                sample.run.cancel = CancelRecord(
                    mode: .force,
                    actor: "ada",
                    reason: nil,
                    requestedAt: .sample(7),
                    deadlineAt: nil,
                    onDeadline: .force
                )
                sample.run.cancel?.lastPermitAt = .sample(6)
                sample.run.counts.applied = 11
                sample.run.snapshotGeneration = 2
                sample.run.streams[0].planComplete = true
                sample.run.streams[0].plannedThrough = ["30", "é,"]
                sample.run.gateClosedAt = .sample(8)
                try store.apply([.updateRun(sample.run, from: .running)])
                #expect(try store.run(sample.run.id) == sample.run)
            }
            let again = try open()
            #expect(try again.run(number: 1) == sample.run)
            #expect(try again.batches(run: sample.run.id) == sample.batches)
            #expect(try again.run(number: 2) == nil)
        },
        Check(name: "runs are numbered and listed newest first, a page at a time") { open in
            let store = try open()
            #expect(try store.nextRunNumber() == 1)
            try store.apply([.putJob(Sample().jobRecord, actor: "ada")])
            for number in 1...4 {
                var run = Sample(number: number).run
                if number == 2 { run.state = .completed }
                try store.apply([.insertRun(run)])
            }
            let numbers = { (active: Bool, limit: Int, before: Int?) in
                try store.runs(job: Sample.job, activeOnly: active, limit: limit, before: before).map(\.number)
            }
            #expect(try store.nextRunNumber() == 5)
            #expect(try numbers(false, 10, nil) == [4, 3, 2, 1])
            #expect(try numbers(false, 2, 4) == [3, 2])
            #expect(try numbers(true, 10, nil) == [4, 3, 1])
            #expect(try store.runs(job: "nobody", activeOnly: false, limit: 10, before: nil).isEmpty)
            let taken = StoreChange.insertRun(Sample(number: 4).run)
            _ = try losing(store, [taken], run: Sample(number: 4).run.id)
        },
        Check(name: "a run whose state has changed is not updated, and nothing of the list is") { open in
            let store = try open()
            let sample = Sample()
            try store.apply(sample.beginning)
            var cancelled = sample.run
            cancelled.state = .terminating
            try store.apply([.updateRun(cancelled, from: .running)])
            var completed = sample.run
            completed.state = .completed
            let audit = AuditRecord(at: .sample(3), actor: "x", event: "run_completed", run: sample.run.id)
            let connection = ConnectionSpec(name: "y", type: "sqlite", settings: [:])
            let detail = try losing(
                store,
                [
                    .audit(audit), .putConnection(connection, at: .sample(3)),
                    .setBatches(run: sample.run.id, state: .done, from: .queued),
                    .updateRun(completed, from: .running),
                ],
                run: sample.run.id
            )
            #expect(detail.contains("is terminating, expected running"))
        },
        Check(name: "a run ends once") { open in
            let store = try open()
            var sample = Sample()
            try store.apply(sample.beginning)
            sample.run.state = .completed
            try store.apply([.updateRun(sample.run, from: .running)])
            sample.run.state = .cancelled
            _ = try losing(store, [.updateRun(sample.run, from: .completed)], run: sample.run.id)
        },
        Check(name: "batches change state one by one and all of a state") { open in
            let store = try open()
            let sample = Sample()
            try store.apply(sample.beginning)
            try store.apply([.setBatch(sample.batches[1].id, state: .assigned, from: .queued, attempts: 1)])
            try store.apply([.setBatches(run: sample.run.id, state: .withheld, from: .queued)])
            let found = try store.batches(run: sample.run.id)
            #expect(found.map(\.state) == [.withheld, .assigned, .withheld])
            #expect(found.map(\.attempts) == [0, 1, 0])
            let stale = StoreChange.setBatch(sample.batches[0].id, state: .assigned, from: .queued, attempts: 1)
            let detail = try losing(store, [stale], run: sample.run.id)
            #expect(detail.contains("is withheld, expected queued"))
        },
        Check(name: "workers are live until a death is recorded") { open in
            let store = try open()
            let sample = Sample()
            try store.apply(sample.beginning)
            var worker = WorkerRecord(incarnation: .sample(4, 1), spawnedAt: .sample(1))
            let spare = WorkerRecord(incarnation: .sample(4, 2), spawnedAt: .sample(1))
            try store.apply([.insertWorker(worker), .insertWorker(spare)])
            worker.run = sample.run.id
            worker.pid = 4_711
            worker.host = "h1"
            worker.bootID = "b"
            worker.lockPath = "/run/w.lock"
            worker.diedAt = .sample(5)
            worker.proof = "reaped"
            worker.detail = "signal 9"
            try store.apply([.updateWorker(worker)])
            #expect(try store.workers(run: sample.run.id) == [worker])
            #expect(try store.workers(run: nil) == [worker, spare])
            #expect(try store.liveWorkers() == [spare])
            let unknown = WorkerRecord(incarnation: .sample(4, 9), spawnedAt: .sample(1))
            _ = try losing(store, [.updateWorker(unknown)], run: sample.run.id)
        },
    ]
}
