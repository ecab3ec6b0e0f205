import Model
import Store
import Testing

extension StoreConformance {
    /// What a run made of its batches of ten records; a batch without an end is withheld.
    private struct Ending {
        var written: SegmentSample?
        var isQuarantined = false
    }

    private static func end(_ store: any Store, run number: Int, _ endings: [Ending]) throws {
        var sample = Sample(batches: endings.count, number: number)
        if number == 1 { try store.apply([.putJob(sample.jobRecord, actor: "ada")]) }
        try store.apply([.insertRun(sample.run), .insertBatches(sample.batches)])
        for (index, ending) in endings.enumerated() {
            let batch = sample.batches[index].id
            var state = ending.isQuarantined ? BatchState.quarantined : .withheld
            if let segment = ending.written {
                let attempt = sample.attempt(10 * number + index, batch: index)
                let write = try sample.write(10 * number + index, attempt: attempt, journalling: segment)
                state = .done
                try store.apply([
                    .insertAttempt(attempt), .insertWrite(write),
                    .endWrite(write.id, ending: .committed, detail: nil, at: .sample(50)),
                ])
            }
            try store.apply([.setBatch(batch, state: state, from: .queued, attempts: 1)])
        }
        sample.run.state = .completed
        sample.run.endedAt = .sample(100 + number)
        sample.run.streams[0].planComplete = true
        sample.run.counts = try store.recount(run: sample.run.id)
        try store.apply([.updateRun(sample.run, from: .running), .listRetries(sample.run.id)])
    }

    private static func listed(_ store: any Store) throws -> [String] {
        try store.retries(job: Sample.job, limit: 100).map { "\($0.key) \($0.code) run \($0.run) since \($0.sinceRun)" }
    }

    static let retries: [Check] = [
        Check(name: "what a run rejects or quarantines stays listed until a run reaches it and does not") { open in
            func reject(_ id: Int64) -> SegmentSample.Record {
                .reject(id, code: "too_long", field: "email", reason: "no")
            }
            let store = try open()
            try end(
                store,
                run: 1,
                [
                    Ending(written: SegmentSample(records: [reject(4), reject(5)], unchanged: 8)),
                    Ending(isQuarantined: true),
                ]
            )
            #expect(
                try listed(store) == [
                    "4 too_long run 1 since 1", "5 too_long run 1 since 1", "20 quarantined run 1 since 1",
                ]
            )
            // Nothing is reached: nothing changes. What is reached again keeps its age.
            try end(store, run: 2, [Ending(), Ending()])
            try end(store, run: 3, [Ending(written: SegmentSample(records: [reject(4)], unchanged: 9)), Ending()])
            #expect(
                try listed(store) == [
                    "4 too_long run 3 since 1", "5 too_long run 1 since 1", "20 quarantined run 1 since 1",
                ]
            )
            // A run that was stopped had written one of them.
            let update = SegmentSample.Record.update(5, email: ("a", "b"))
            try end(store, run: 4, [Ending(written: SegmentSample(records: [update], unchanged: 9)), Ending()])
            #expect(try listed(store) == ["4 too_long run 3 since 1", "20 quarantined run 1 since 1"])
            let again = try store.retries(job: Sample.job, limit: 1)
            #expect(again.map(\.since) == [.sample(101)])
            #expect(again.map(\.field) == ["email"])
            // A whole run finds everything as it should be.
            let whole = Ending(written: SegmentSample(records: [], unchanged: 10))
            try end(store, run: 5, [whole, whole])
            #expect(try listed(store).isEmpty)
            try end(store, run: 6, [Ending(written: SegmentSample(records: [reject(4)], unchanged: 9)), whole])
            #expect(try listed(store) == ["4 too_long run 6 since 6"])
        },
        Check(name: "a split batch counts by its parts, a quarantined one is counted and listed as such") { open in
            let store = try open()
            let sample = Sample(batches: 4)
            try store.apply(sample.beginning)
            let attempt = sample.attempt(1)
            let rolledBack = try sample.write(
                1,
                attempt: attempt,
                journalling: SegmentSample(records: [.insert(1, email: "a", city: nil)])
            )
            try store.apply([
                .insertAttempt(attempt), .insertWrite(rolledBack),
                .endWrite(rolledBack.id, ending: .rolledBack, detail: nil, at: .sample(50)),
                .setCrashes(sample.batches[0].id, 2),
                .setBatch(sample.batches[0].id, state: .split, from: .queued, attempts: 2),
                .setBatch(sample.batches[1].id, state: .quarantined, from: .queued, attempts: 2),
            ])
            #expect(try store.batches(run: sample.run.id).map(\.crashes) == [2, 0, 0, 0])
            var expected = RunCounts()
            expected.planned = 30
            expected.batchesPlanned = 3
            expected.quarantined = 10
            expected.batchesQuarantined = 1
            #expect(try store.recount(run: sample.run.id) == expected)
            let all = try store.records(RecordQuery(run: sample.run.id)).records
            #expect(all.map { "\($0.key) \($0.verdict.rawValue)" } == ["20 quarantined"])
            #expect(try store.records(RecordQuery(run: sample.run.id, verdicts: [.applied])).records.isEmpty)
            #expect(try store.records(RecordQuery(run: sample.run.id, key: "20")).records == all)
            #expect(try store.records(RecordQuery(run: sample.run.id, key: "21")).records.isEmpty)
        },
    ]
}
