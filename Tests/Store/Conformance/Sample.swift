import Model
import Store

/// One job with one run and what belongs to it, with ids and times that a test can name.
struct Sample {
    static let job = "contacts"
    let spec: JobSpec
    var run: RunRecord
    var batches: [BatchRecord]

    init(batches count: Int = 3, number: Int = 1) {
        spec = JobSpec(
            name: Self.job,
            source: "app",
            destination: "crm",
            streams: [StreamSpec(stream: "public.contacts", destination: "contacts", key: ["id"])]
        )
        let run = RunID.sample(1, number)
        self.run = RunRecord(
            id: run,
            number: number,
            job: Self.job,
            jobVersion: 1,
            state: .running,
            trigger: "manual",
            actor: "ada",
            createdAt: .sample(1),
            streams: [RunStreamRecord(stream: "public.contacts")]
        )
        batches = (0..<count).map { index in
            BatchRecord(
                id: .sample(2, number * 1_000 + index),
                run: run,
                streamIndex: 0,
                sequence: index,
                range: KeyRange(after: index == 0 ? nil : ["\(index * 10)"], through: ["\(index * 10 + 10)"]),
                records: 10
            )
        }
    }

    var jobRecord: JobRecord {
        JobRecord(
            name: Self.job,
            version: 1,
            spec: spec,
            isPaused: false,
            pausedReason: nil,
            createdAt: .sample(0),
            updatedAt: .sample(0)
        )
    }

    /// The job, the running run and its batches.
    var beginning: [StoreChange] {
        [.putJob(jobRecord, actor: "ada"), .insertRun(run), .insertBatches(batches)]
    }

    func attempt(_ number: Int, batch: Int = 0) -> AttemptRecord {
        AttemptRecord(
            id: .sample(3, number),
            batch: batches[batch].id,
            run: run.id,
            incarnation: .sample(4, number),
            createdAt: .sample(2)
        )
    }

    func write(
        _ number: Int,
        attempt: AttemptRecord,
        decision: PermitDecision = .permit,
        counts: WriteCounts = WriteCounts(inserted: 1, updated: 2, deleted: 3, unchanged: 4, rejected: 5),
        epoch: UInt64 = 1,
        keyHashes: [UInt8] = [],
        segment: [UInt8] = []
    ) -> WriteRecord {
        WriteRecord(
            id: .sample(5, number),
            attempt: attempt.id,
            batch: attempt.batch,
            run: run.id,
            streamIndex: 0,
            transaction: "\(700 + number)",
            system: "7300/1",
            digest: Array(repeating: UInt8(truncatingIfNeeded: number), count: 16),
            decision: decision,
            decisionReason: nil,
            decidedAt: .sample(10 + number),
            decidedBy: epoch,
            counts: counts,
            header: [1, 2, 3],
            keyHashes: keyHashes,
            segment: segment
        )
    }
}

extension Identifier {
    static func sample(_ kind: Int, _ number: Int) -> Self {
        Self(high: UInt64(kind), low: UInt64(number))
    }
}

extension Timestamp {
    /// `seconds` after 2026-01-01T00:00:00Z.
    static func sample(_ seconds: Int) -> Timestamp {
        Timestamp(microseconds: (1_767_225_600 + Int64(seconds)) * 1_000_000)
    }
}
