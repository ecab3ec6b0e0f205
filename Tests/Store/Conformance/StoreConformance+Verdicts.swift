import Model
import Store
import Testing

extension StoreConformance {
    static let verdicts: [Check] = [
        Check(name: "of several writes the one that counts is the committed, the unknown, or the last decided") {
            open in
            let store = try open()
            let table: [(writes: [(PermitDecision, WriteEnding?)], expected: [String])] = [
                ([(.permit, .rolledBack), (.permit, .committed)], ["2 applied"]),
                ([(.permit, .committed), (.refuse, nil)], ["1 applied"]),
                ([(.permit, .rolledBack), (.permit, nil)], ["2 indeterminate"]),
                ([(.permit, .rolledBack), (.permit, .rolledBack)], ["2 not_applied"]),
                ([(.permit, .rolledBack), (.refuse, nil)], ["2 not_attempted"]),
                ([(.retry, .rolledBack), (.withdrawn, nil)], ["2 not_attempted"]),
                ([(.permit, .unknowable), (.refuse, .rolledBack)], ["1 unknowable"]),
                ([(.permit, nil), (.retry, nil)], ["1 indeterminate"]),
                ([], []),
            ]
            for (number, row) in table.enumerated() {
                let sample = Sample(batches: 1, number: number + 1)
                if number == 0 { try store.apply([.putJob(sample.jobRecord, actor: "ada")]) }
                try store.apply([.insertRun(sample.run), .insertBatches(sample.batches)])
                for (index, (decision, ending)) in row.writes.enumerated() {
                    let id = 10 * (number + 1) + index
                    let attempt = sample.attempt(id)
                    let segment = SegmentSample(records: [.insert(Int64(index + 1), email: "a", city: nil)])
                    var write = try sample.write(id, attempt: attempt, journalling: segment)
                    write.decision = decision
                    try store.apply([.insertAttempt(attempt), .insertWrite(write)])
                    if let ending {
                        try store.apply([.endWrite(write.id, ending: ending, detail: nil, at: .sample(50))])
                    }
                    try store.apply([.setAttempt(attempt.id, state: .done, from: .open, reason: nil)])
                }
                let page = try store.records(RecordQuery(run: sample.run.id))
                #expect(page.records.map { "\($0.key) \($0.verdict.rawValue)" } == row.expected, "row \(number)")
            }
        },
        Check(name: "a run is counted again from its batches and writes") { open in
            let store = try open()
            let sample = Sample(batches: 8)
            let outcomes: [(PermitDecision, WriteEnding?, BatchState)] = [
                (.permit, .committed, .done), (.permit, .committed, .done), (.permit, nil, .running),
                (.permit, .rolledBack, .withheld), (.permit, .unknowable, .withheld), (.refuse, nil, .withheld),
                (.permit, .rolledBack, .queued),
            ]
            try store.apply(sample.beginning)
            for (batch, (decision, ending, state)) in outcomes.enumerated() {
                let attempt = sample.attempt(batch + 1, batch: batch)
                let factor = Int(truncatingIfNeeded: 1 << (4 * batch))
                let counts = WriteCounts(
                    inserted: factor,
                    updated: 2 * factor,
                    deleted: 3 * factor,
                    unchanged: 4 * factor,
                    rejected: 5 * factor
                )
                let write = sample.write(batch + 1, attempt: attempt, decision: decision, counts: counts)
                let id = sample.batches[batch].id
                try store.apply([.insertAttempt(attempt), .insertWrite(write)])
                if let ending {
                    try store.apply([.endWrite(write.id, ending: ending, detail: nil, at: .sample(50))])
                }
                try store.apply([.setBatch(id, state: state, from: .queued, attempts: 1)])
            }
            var expected = RunCounts()
            expected.planned = 80
            expected.batchesPlanned = 8
            expected.batchesDone = 2
            expected.batchesWithheld = 3
            expected.writes = 2
            expected.inserted = 0x11
            expected.updated = 0x22
            expected.deleted = 0x33
            expected.applied = 0x66
            expected.unchanged = 0x44
            expected.indeterminate = 0xF00
            expected.notApplied = 0xA000
            expected.unknowable = 0xA0000
            expected.rejected = 0x55 + 0x5000 + 0x50000
            #expect(try store.recount(run: sample.run.id) == expected)
            #expect(try store.recount(run: .sample(1, 99)) == RunCounts())
        },
        Check(name: "the verdicts that are listed are as many as are counted, however a write ended") { open in
            let store = try open()
            let segment = SegmentSample(
                records: [
                    .insert(1, email: "a", city: nil), .update(2, email: ("a", "b")),
                    .delete(3, email: nil, city: nil), .reject(4, code: "constraint", field: "", reason: "no"),
                ]
            )
            for (number, ending) in [nil, WriteEnding.committed, .rolledBack, .unknowable].enumerated() {
                let sample = Sample(batches: 1, number: number + 1)
                if number == 0 { try store.apply([.putJob(sample.jobRecord, actor: "ada")]) }
                let attempt = sample.attempt(number)
                let write = try sample.write(number, attempt: attempt, journalling: segment)
                let batch = sample.batches[0].id
                try store.apply([
                    .insertRun(sample.run), .insertBatches(sample.batches), .insertAttempt(attempt),
                    .insertWrite(write),
                    .setBatch(batch, state: .withheld, from: .queued, attempts: 1),
                ])
                if let ending {
                    try store.apply([.endWrite(write.id, ending: ending, detail: nil, at: .sample(50))])
                }
                let counts = try store.recount(run: sample.run.id)
                let records = try store.records(RecordQuery(run: sample.run.id)).records
                let listed = { verdict in records.count { $0.verdict == verdict } }
                #expect(listed(.indeterminate) == counts.indeterminate)
                #expect(listed(.applied) == counts.applied)
                #expect(listed(.notApplied) == counts.notApplied)
                #expect(listed(.unknowable) == counts.unknowable)
                #expect(listed(.rejected) == counts.rejected)
                #expect(counts.attempted + counts.indeterminate == 4)
            }
        },
    ]
}
