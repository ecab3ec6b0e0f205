import Model
import Store
import Testing

struct JournalExportTests {
    private let records = [
        RecordView(
            stream: "public.contacts",
            target: "contacts",
            key: "1,\"a\"",
            operation: .update,
            verdict: .applied,
            changes: [
                FieldChange(field: "email", before: nil, after: ""),
                FieldChange(field: "note", before: "line\nbreak", after: "plain text; no quotes"),
            ],
            batch: .sample(2, 1),
            write: .sample(5, 1),
            at: Timestamp(microseconds: 1_767_225_601_500_000)
        ),
        RecordView(
            stream: "public.contacts",
            target: "contacts",
            key: "2",
            operation: .reject,
            verdict: .rejected,
            changes: [],
            rejectionCode: "invalid_value",
            rejectionField: "age",
            rejectionReason: "\"x\" is no integer",
            batch: .sample(2, 1),
            write: .sample(5, 1),
            at: nil
        ),
    ]

    @Test func `CSV has one line per changed field and tells NULL from empty text`() throws {
        let export = JournalExport(.csv)
        let text = String(decoding: try export.head + export.lines(records), as: UTF8.self)
        #expect(
            text == """
                stream,key,operation,verdict,field,before,after,reason,at\r
                public.contacts,"1,""a""\",update,applied,email,,"",,2026-01-01T00:00:01.5Z\r
                public.contacts,"1,""a""\",update,applied,note,"line
                break",plain text; no quotes,,2026-01-01T00:00:01.5Z\r
                public.contacts,2,reject,rejected,age,,,\"""x"" is no integer",\r

                """
        )
    }

    @Test func `JSON lines hold one record each, with the same keys in the same order`() throws {
        let export = JournalExport(.jsonl)
        #expect(export.head.isEmpty)
        let text = String(decoding: try export.lines(records), as: UTF8.self)
        let ids = #""batch":"\#(BatchID.sample(2, 1))""#
        let write = #""write":"\#(WriteID.sample(5, 1))""#
        #expect(
            text == #"""
                {"at":1767225601500000,\#(ids),"changes":[{"after":"","before":null,"field":"email"},{"after":"plain text; no quotes","before":"line\nbreak","field":"note"}],"key":"1,\"a\"","operation":"update","stream":"public.contacts","target":"contacts","verdict":"applied",\#(write)}
                {\#(ids),"changes":[],"key":"2","operation":"reject","rejectionCode":"invalid_value","rejectionField":"age","rejectionReason":"\"x\" is no integer","stream":"public.contacts","target":"contacts","verdict":"rejected",\#(write)}

                """#
        )
    }

    @Test func `an export gives every record that the query finds, page by page`() throws {
        let scratch = try Scratch()
        let store = try scratch.open()
        let sample = Sample(batches: 4)
        try store.apply(sample.beginning)
        for batch in 0..<4 {
            let records = (0..<3_000).map { index in
                SegmentSample.Record.update(Int64(batch * 3_000 + index), email: ("old", "new"))
            }
            let attempt = sample.attempt(batch + 1, batch: batch)
            let write = try sample.write(batch + 1, attempt: attempt, journalling: SegmentSample(records: records))
            try store.apply([.insertAttempt(attempt), .insertWrite(write)])
        }
        var pieces: [[UInt8]] = []
        let query = RecordQuery(run: sample.run.id, limit: 1)
        let count = try JournalExport(.csv).write(query, from: store) { pieces.append($0) }
        let lines = pieces.dropFirst().flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\r\n") }
        #expect(count == 12_000)
        #expect(pieces.count == 4)
        #expect(lines.count == 12_000)
        #expect(lines.first == "public.contacts,0,update,indeterminate,email,old,new,,")
        #expect(lines.last == "public.contacts,11999,update,indeterminate,email,old,new,,")
    }

    @Test func `what the sink throws ends the export`() throws {
        let scratch = try Scratch()
        let store = try scratch.open()
        #expect(throws: SluiceError(.exhausted, "no room")) {
            try JournalExport(.csv).write(RecordQuery(run: .sample(1, 1)), from: store) { _ in
                throw SluiceError(.exhausted, "no room")
            }
        }
    }
}
