import Model
import Store
import Testing

extension StoreConformance {
    static let configuration: [Check] = [
        Check(name: "a new installation has an id for ever and an epoch that grows") { open in
            let (installation, first) = try {
                let store = try open(); return (store.installation, store.epoch)
            }()
            let second = try open()
            #expect(first == 1)
            #expect(second.epoch == 2)
            #expect(second.installation == installation)
        },
        Check(name: "connections are put, put again and listed by name") { open in
            let store = try open()
            let crm = ConnectionSpec(name: "crm", type: "postgres", settings: ["url": "${CRM}", "schema": "public"])
            let app = ConnectionSpec(name: "app", type: "sqlite", settings: ["path": "old.db"])
            let moved = ConnectionSpec(name: "app", type: "sqlite", settings: ["path": "new.db"])
            try store.apply([.putConnection(crm, at: .sample(0)), .putConnection(app, at: .sample(0))])
            try store.apply([.putConnection(moved, at: .sample(1))])
            #expect(try store.connections() == [moved, crm])
            #expect(try store.connection("crm") == crm)
            #expect(try store.connection("nobody") == nil)
        },
        Check(name: "a job has versions that stay as they were") { open in
            let store = try open()
            let sample = Sample()
            var second = sample.jobRecord
            second.version = 2
            second.spec.workers = 7
            second.updatedAt = .sample(5)
            try store.apply([.putJob(sample.jobRecord, actor: "ada")])
            #expect(try store.job(Sample.job) == sample.jobRecord)
            try store.apply([.putJob(second, actor: "bob")])
            #expect(try store.jobs() == [second])
            #expect(try store.jobVersion(Sample.job, 1) == sample.spec)
            #expect(try store.jobVersion(Sample.job, 2) == second.spec)
            #expect(try store.jobVersion(Sample.job, 3) == nil)
        },
        Check(name: "a job version that is there, or leaves a gap, is refused") { open in
            let store = try open()
            let sample = Sample()
            try store.apply(sample.beginning)
            var other = sample.jobRecord
            other.spec.workers = 9
            let connection = ConnectionSpec(name: "x", type: "sqlite", settings: [:])
            for version in [1, 3] {
                other.version = version
                let changes: [StoreChange] = [
                    .putConnection(connection, at: .sample(1)), .putJob(other, actor: "eve"),
                ]
                let detail = try losing(store, changes, run: sample.run.id)
                #expect(detail.contains("version \(version) of job contacts"))
            }
            #expect(try store.jobVersion(Sample.job, 1) == sample.spec)
        },
        Check(name: "a job is paused and resumed") { open in
            let store = try open()
            let sample = Sample()
            try store.apply(sample.beginning)
            try store.apply([.setJobPaused(job: Sample.job, paused: true, reason: "force cancel", at: .sample(3))])
            var paused = sample.jobRecord
            paused.isPaused = true
            paused.pausedReason = "force cancel"
            paused.updatedAt = .sample(3)
            #expect(try store.job(Sample.job) == paused)
            try store.apply([.setJobPaused(job: Sample.job, paused: false, reason: nil, at: .sample(4))])
            #expect(try store.job(Sample.job)?.isPaused == false)
            let unknown = StoreChange.setJobPaused(job: "nobody", paused: true, reason: nil, at: .sample(4))
            #expect(try losing(store, [unknown], run: sample.run.id).contains("nobody"))
        },
        Check(name: "log lines come oldest first, of a level and of a worker, behind the last one that is known") {
            open in
            let store = try open()
            let sample = Sample()
            var worker = WorkerRecord(incarnation: .sample(4, 1), spawnedAt: .sample(1))
            worker.run = sample.run.id
            worker.pid = 4711
            let run = sample.run.id
            let records = [
                LogRecord(run: run, at: .sample(1), level: .info, message: "run started"),
                LogRecord(run: run, at: .sample(2), level: .debug, worker: worker.incarnation, message: "committed"),
                LogRecord(run: run, at: .sample(3), level: .error, worker: worker.incarnation, message: "died:\né"),
            ]
            try store.apply(sample.beginning + [.insertWorker(worker)] + records.map(StoreChange.log))
            let all = try store.logs(LogQuery(run: run, level: .debug))
            #expect(all.map(\.message) == records.map(\.message))
            #expect(all.map(\.at) == records.map(\.at))
            #expect(all.map(\.pid) == [nil, 4711, 4711])
            #expect(try store.logs(LogQuery(run: run)) == [all[0], all[2]])
            #expect(try store.logs(LogQuery(run: run, level: .warning)) == [all[2]])
            #expect(try store.logs(LogQuery(run: run, level: .debug, worker: "4711")) == [all[1], all[2]])
            #expect(try store.logs(LogQuery(run: run, level: .debug, worker: "9")).isEmpty)
            #expect(try store.logs(LogQuery(run: run, level: .debug, after: all[0].ordinal, limit: 1)) == [all[1]])
            #expect(try store.logs(LogQuery(run: .sample(1, 2), level: .debug)).isEmpty)
            #expect(throws: SluiceError.self) { try store.logs(LogQuery(run: run, limit: 0)) }
        },
        Check(name: "audit rows come newest first, of one run or of all") { open in
            let store = try open()
            let sample = Sample()
            try store.apply(sample.beginning)
            let records = (1...3).map { number in
                AuditRecord(
                    at: .sample(number),
                    actor: "ada",
                    event: "event_\(number)",
                    run: number == 2 ? nil : sample.run.id,
                    subject: "run 1",
                    detail: "é\"\n"
                )
            }
            try store.apply(records.map(StoreChange.audit))
            #expect(try store.audit(run: nil, limit: 10) == records.reversed())
            #expect(try store.audit(run: nil, limit: 1) == [records[2]])
            #expect(try store.audit(run: sample.run.id, limit: 10) == [records[2], records[0]])
        },
    ]
}
