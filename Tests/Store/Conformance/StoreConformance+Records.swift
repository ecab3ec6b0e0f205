import Model
import Store
import Testing
import Wire

extension StoreConformance {
    static let records: [Check] = [
        Check(name: "records are listed field by field with their verdict") { open in
            let store = try open()
            let sample = try journalled(store)
            let page = try store.records(RecordQuery(run: sample.run.id))
            #expect(page.cursor == nil)
            #expect(
                page.records.map(\.line) == [
                    "1 insert applied id:NULL>1 email:NULL>a@x city:NULL>Ulm",
                    "2 update applied email:b@x>b@y",
                    "3 delete applied id:3>NULL email:c@x>NULL city:NULL>NULL",
                    "4 reject rejected (not_null city: city is NULL)",
                    "11 update indeterminate city:NULL>Bonn",
                    "12 update indeterminate email:d@x> city:Köln>NULL",
                    "21 insert not_attempted id:NULL>21 email:NULL>e@x",
                ]
            )
            #expect(page.records.map(\.batch) == [0, 0, 0, 0, 1, 1, 2].map { sample.batches[$0].id })
            #expect(page.records[0].at == .sample(20))
            #expect(page.records[4].at == nil)
            #expect(page.records.allSatisfy { $0.stream == "public.contacts" && $0.target == "contacts" })
        },
        Check(name: "records are filtered by verdict, operation, field, key and stream") { open in
            let store = try open()
            let run = try journalled(store).run.id
            let keys = { (change: (inout RecordQuery) -> Void) in
                var query = RecordQuery(run: run)
                change(&query)
                return try store.records(query).records.map(\.key)
            }
            #expect(try keys { $0.verdicts = [.applied] } == ["1", "2", "3"])
            #expect(try keys { $0.verdicts = [.rejected, .indeterminate] } == ["4", "11", "12"])
            #expect(try keys { $0.verdicts = [.conflicted] } == [])
            #expect(try keys { $0.operations = [.insert, .reject] } == ["1", "4", "21"])
            #expect(try keys { $0.fields = ["city"] } == ["1", "3", "11", "12"])
            #expect(try keys { $0.fields = ["city", "email"] } == ["1", "2", "3", "11", "12", "21"])
            #expect(try keys { $0.fields = ["phone"] } == [])
            #expect(try keys { $0.key = "12" } == ["12"])
            #expect(try keys { $0.key = "012" } == [])
            #expect(try keys { $0.key = "twelve" } == [])
            #expect(try keys { $0.stream = "public.contacts" }.count == 7)
            #expect(try keys { $0.stream = "public.orders" } == [])
            #expect(
                try keys {
                    $0.operations = [.update]
                    $0.verdicts = [.indeterminate]
                    $0.fields = ["email"]
                } == ["12"]
            )
        },
        Check(name: "pages of any size give every record once, and the last one no cursor") { open in
            let store = try open()
            let run = try journalled(store).run.id
            for limit in 1...8 {
                var query = RecordQuery(run: run, limit: limit)
                var keys: [String] = []
                repeat {
                    let page = try store.records(query)
                    #expect(page.records.count == min(limit, 7 - keys.count))
                    keys += page.records.map(\.key)
                    query.cursor = page.cursor
                } while query.cursor != nil
                #expect(keys == ["1", "2", "3", "4", "11", "12", "21"])
            }
        },
        Check(name: "a cursor holds while the run goes on") { open in
            let store = try open()
            let sample = try journalled(store)
            let first = try store.records(RecordQuery(run: sample.run.id, limit: 5))
            #expect(first.records.last?.key == "11")
            try store.apply([
                .endWrite(.sample(5, 2), ending: .committed, detail: nil, at: .sample(40)),
                .endWrite(.sample(5, 1), ending: .committed, detail: nil, at: .sample(41)),
            ])
            let rest = try store.records(RecordQuery(run: sample.run.id, cursor: first.cursor))
            #expect(rest.records.map(\.line).first == "12 update applied email:d@x> city:Köln>NULL")
            #expect(rest.records.map(\.key) == ["12", "21"])
        },
        Check(name: "a segment that cannot hold the key is not opened") { open in
            let store = try open()
            let sample = try journalled(store)
            // Whoever opened this one would throw.
            var write = sample.write(9, attempt: sample.attempt(2, batch: 1), segment: [0])
            write.counts = WriteCounts(inserted: 0, updated: 2, deleted: 0, unchanged: 0, rejected: 0)
            write.keyHashes = try SegmentSample(records: [.delete(12, email: nil, city: nil)]).finished().header
                .keyHashes.map { $0 }
            try store.apply([
                .endWrite(.sample(5, 2), ending: .rolledBack, detail: nil, at: .sample(30)), .insertWrite(write),
            ])
            let keys = { try store.records(RecordQuery(run: sample.run.id, key: $0)).records.map(\.key) }
            #expect(try keys("1") == ["1"])
            #expect(try keys("21") == ["21"])
            #expect(try keys("11") == [])
            #expect(throws: StoreError.self) { try keys("12") }
            #expect(throws: StoreError.self, "it is no int64, so no hash can exclude it") { try keys("twelve") }
        },
        Check(name: "records of one of several streams are listed") { open in
            let store = try open()
            var sample = Sample()
            sample.run.streams.append(RunStreamRecord(stream: "public.orders", destination: "purchases"))
            sample.batches[1].streamIndex = 1
            try store.apply(sample.beginning)
            for batch in 0..<3 {
                var segment = SegmentSample(records: [.insert(Int64(batch), email: nil, city: nil)])
                segment.streamIndex = batch % 2
                segment.stream = sample.run.streams[batch % 2].stream
                let attempt = sample.attempt(batch + 1, batch: batch)
                let write = try sample.write(batch + 1, attempt: attempt, journalling: segment)
                try store.apply([.insertAttempt(attempt), .insertWrite(write)])
            }
            let records = { try store.records(RecordQuery(run: sample.run.id, stream: $0)).records }
            #expect(try records("public.contacts").map(\.key) == ["0", "2"])
            #expect(try records("public.orders").map(\.stream) == ["public.orders"])
            #expect(try records("purchases").map(\.stream) == ["public.orders"])
            #expect(try store.fields(run: sample.run.id) == ["city", "email", "id"])
        },
        Check(name: "a run is counted stream by stream, and what is withheld of it") { open in
            let store = try open()
            var sample = Sample()
            sample.run.streams.append(RunStreamRecord(stream: "public.orders"))
            sample.batches[1].streamIndex = 1
            sample.batches[2].streamIndex = 1
            try store.apply(sample.beginning)
            for batch in 0..<2 {
                let attempt = sample.attempt(batch + 1, batch: batch)
                var write = sample.write(batch + 1, attempt: attempt)
                write.streamIndex = batch
                try store.apply([
                    .insertAttempt(attempt), .insertWrite(write),
                    .endWrite(write.id, ending: .committed, detail: nil, at: .sample(20)),
                    .setBatch(sample.batches[batch].id, state: .done, from: .queued, attempts: 1),
                ])
            }
            try store.apply([.setBatch(sample.batches[2].id, state: .withheld, from: .queued, attempts: 0)])
            let counts = try store.recountStreams(run: sample.run.id)
            #expect(counts.map(\.planned) == [10, 20])
            #expect(counts.map(\.applied) == [6, 6])
            #expect(counts.map(\.batchesWithheld) == [0, 1])
            #expect(try store.recount(run: sample.run.id).planned == 30)
            #expect(try store.withheldRecords(run: sample.run.id) == 10)
            #expect(try store.recountStreams(run: .sample(1, 99)) == [])
        },
        Check(name: "a limit or a cursor that is not valid is refused") { open in
            let store = try open()
            let run = try journalled(store).run.id
            for limit in [0, -1, RecordQuery.limitMax + 1] {
                #expect(throws: SluiceError.self) { try store.records(RecordQuery(run: run, limit: limit)) }
            }
            for cursor in ["", "1", "1.", "1.2.3", "-1.0", "x.y"] {
                let error = #expect(throws: SluiceError.self) {
                    try store.records(RecordQuery(run: run, cursor: cursor))
                }
                #expect(error?.code == .invalid)
            }
        },
        Check(name: "a run that is not there has no records") { open in
            let store = try open()
            let page = try store.records(RecordQuery(run: .sample(1, 99)))
            #expect(page == RecordPage(records: [], cursor: nil))
        },
    ]

    /// Batch 0 committed, batch 1 permitted, batch 2 refused.
    static func journalled(_ store: any Store) throws -> Sample {
        let sample = Sample()
        let segments = [
            SegmentSample(
                records: [
                    .insert(1, email: "a@x", city: "Ulm"), .update(2, email: ("b@x", "b@y")),
                    .delete(3, email: "c@x", city: nil),
                    .reject(4, code: "not_null", field: "city", reason: "city is NULL"),
                ],
                unchanged: 6
            ),
            SegmentSample(
                records: [.update(11, city: (nil, "Bonn")), .update(12, email: ("d@x", ""), city: ("Köln", nil))],
                unchanged: 1
            ),
            SegmentSample(records: [.insert(21, email: "e@x", city: nil)]),
        ]
        try store.apply(sample.beginning)
        for (batch, segment) in segments.enumerated() {
            let attempt = sample.attempt(batch + 1, batch: batch)
            let decision: PermitDecision = batch == 2 ? .refuse : .permit
            let write = try sample.write(batch + 1, attempt: attempt, decision: decision, journalling: segment)
            try store.apply([.insertAttempt(attempt), .insertWrite(write)])
        }
        try store.apply([.endWrite(.sample(5, 1), ending: .committed, detail: nil, at: .sample(20))])
        return sample
    }
}

extension RecordView {
    /// The record as one line, for literal expectations.
    var line: String {
        let rejection = rejectionCode.map { ["(\($0) \(rejectionField ?? "-"): \(rejectionReason ?? "-"))"] } ?? []
        let fields = changes.map { "\($0.field):\($0.before ?? "NULL")>\($0.after ?? "NULL")" }
        return ([key, operation.rawValue, verdict.rawValue] + fields + rejection).joined(separator: " ")
    }
}
