import Drivers
import Foundation
import Model
import SwiftProtobuf
import Testing
import Wire

struct SegmentTests {
    static let fields = [
        SegmentField(name: "id", type: .int32),
        SegmentField(name: "email", type: .text),
        SegmentField(name: "score", type: .float64),
    ]

    @Test(arguments: [nil, 1, 7_000_000]) func `a rejection tells the line that it was made with`(line: Int?) {
        let rejection = SegmentRejection(code: "invalid_value", field: "", reason: "line of 3: no", line: line)
        #expect(rejection.line == line)
        #expect(rejection.reason.hasSuffix("line of 3: no"))
    }

    @Test func `every operation reads back as it was written`() throws {
        let (header, bytes) = try Self.written()
        let segment = try SegmentReader(compressed: bytes)
        #expect(segment.stream == "src.contacts")
        #expect(segment.target == "dst.contacts")
        #expect(segment.fields == Self.fields)
        #expect(segment.keyFields == [0])
        #expect(segment.map(\.operation) == [.insert, .update, .delete, .reject])
        #expect(segment.map(\.keyText) == ["1", "2", "3", "NULL"])
        #expect(
            segment.map(\.changesAsText) == [
                [
                    FieldChange(field: "id", before: nil, after: "1"),
                    FieldChange(field: "email", before: nil, after: "a@x"),
                ],
                [FieldChange(field: "email", before: "b@x", after: "x")],
                [
                    FieldChange(field: "id", before: "3", after: nil),
                    FieldChange(field: "email", before: nil, after: nil),
                    FieldChange(field: "score", before: "0.5", after: nil),
                ],
                [],
            ]
        )
        #expect(segment.map { $0.changes(field: 1) } == [true, true, true, false])
        #expect(
            segment.map(\.rejection) == [
                nil, nil, nil,
                SegmentRejection(code: "not_null", field: "id", reason: "NULL, but the field is part of the key"),
            ]
        )
        #expect(header.segmentBytes > 0)
    }

    @Test func `the header counts what the segment holds and what is unchanged`() throws {
        let (header, _) = try Self.written()
        #expect(header.streamIndex == 4)
        #expect(header.records == 11)
        #expect(
            [header.inserted, header.updated, header.deleted, header.unchanged, header.rejected]
                == [1, 1, 1, 7, 1]
        )
        #expect(header.fields.map(\.field) == ["id", "email", "score"])
        #expect(header.fields.map(\.changed) == [2, 3, 1])
        #expect(header.fields.map(\.nullsBefore) == [0, 0, 1])
        #expect(header.fields.map(\.nullsAfter) == [0, 0, 2])
    }

    @Test func `a key is found by its hash`() throws {
        let (header, bytes) = try Self.written()
        let segment = try SegmentReader(compressed: bytes)
        #expect(header.keyHashes.count == 16)
        for record in segment {
            #expect(SegmentKeyHash.contains(record.keyHash, in: header.keyHashes))
        }
        #expect(!SegmentKeyHash.contains(SegmentKeyHash.of([[0, 0, 0, 9]]), in: header.keyHashes))
        #expect(!SegmentKeyHash.contains(0, in: []))
    }

    @Test func `the hash of a key never changes`() {
        #expect(SegmentKeyHash.of([[0, 0, 0, 1]]) == 2996247907)
        #expect(SegmentKeyHash.of([Array("ab".utf8), Array("c".utf8)]) == 2667007839)
        #expect(SegmentKeyHash.of([nil]) == 694291091)
        #expect(
            SegmentKeyHash.of([Array("ab".utf8), Array("c".utf8)])
                != SegmentKeyHash.of([Array("a".utf8), Array("bc".utf8)])
        )
    }

    @Test func `a rejected record keeps the field at fault, or all where none is named, and changes none`() throws {
        var writer = SegmentWriter()
        writer.begin(stream: "s", streamIndex: 0, target: "t", fields: Self.fields, keyFields: [0])
        let row = [try Self.value("1", .int32), try Self.value("a@x", .text), nil]
        for field in ["email", "", "elsewhere"] {
            let why = SegmentRejection(code: "constraint", field: field, reason: "no")
            Self.lend(row) { values in writer.addReject(why, key: values, values: values) }
        }
        Self.lend(row) { writer.addInsert($0) }
        let (header, bytes) = try writer.finish()
        let segment = try SegmentReader(compressed: bytes)
        let email = FieldChange(field: "email", before: nil, after: "a@x")
        let id = FieldChange(field: "id", before: nil, after: "1")
        #expect(segment.map(\.changesAsText) == [[email], [id, email], [], [id, email]])
        #expect(segment.map(\.keyText) == ["1", "1", "1", "1"])
        #expect(segment.map { $0.changes(field: 1) } == [false, false, false, true])
        #expect(header.fields.map(\.changed) == [1, 1, 0])
    }

    @Test func `a segment that starts over holds nothing of the one before`() throws {
        var writer = SegmentWriter()
        try Self.write(into: &writer)
        let first = try writer.finish()
        try Self.write(into: &writer)
        let second = try writer.finish()
        #expect(first.bytes == second.bytes)
        #expect(first.header == second.header)
    }

    @Test func `a segment without records is one`() throws {
        var writer = SegmentWriter()
        writer.begin(stream: "s", streamIndex: 0, target: "t", fields: Self.fields, keyFields: [0])
        writer.addUnchanged(5)
        let (header, bytes) = try writer.finish()
        #expect(header.records == 5)
        #expect(try SegmentReader(compressed: bytes).isEmpty)
    }

    @Test func `values survive in more than eight fields`() throws {
        let fields = (0..<19).map { SegmentField(name: "f\($0)", type: .text) }
        var writer = SegmentWriter()
        writer.begin(stream: "s", streamIndex: 0, target: "t", fields: fields, keyFields: [17, 3])
        let before = (0..<19).map { Array("b\($0)".utf8) }
        var after = before
        for index in [0, 7, 8, 15, 16, 18] { after[index] = Array("a\(index)".utf8) }
        Self.lend(before) { old in
            Self.lend(after) { new in writer.addUpdate(before: old, after: new) }
        }
        let record = try #require(try SegmentReader(compressed: try writer.finish().bytes).first)
        #expect(record.keyText == "b17,b3")
        #expect(record.changes.map(\.field) == [0, 7, 8, 15, 16, 18])
        #expect(record.changesAsText.map(\.after) == ["a0", "a7", "a8", "a15", "a16", "a18"])
    }

    @Test func `the digest of the golden intent is what the protocol's page says`() throws {
        let letter = try Codec.decode(GoldenFrame.bytes("intent"), on: .fromWorker)
        guard case .intent(let intent) = letter.body else { return #expect(Bool(false), "no intent") }
        let digest = IntentDigest.of(intent).map { String(format: "%02x", $0) }.joined()
        #expect(digest == "8c28451e861a4f2aefe78111cda59029")
    }

    @Test func `an intent has another digest as soon as its transaction is another`() throws {
        var intent = WireIntent()
        intent.run = Data([1])
        intent.transaction = "7"
        intent.segment = Data(try Self.written().bytes)
        let digest = IntentDigest.of(intent)
        #expect(digest.count == 16)
        #expect(IntentDigest.of(intent) == digest)
        intent.digest = digest
        #expect(IntentDigest.of(intent) == digest, "the digest itself takes no part")
        intent.transaction = "8"
        #expect(IntentDigest.of(intent) != digest)
    }

    static func written() throws -> (header: WireSegmentHeader, bytes: [UInt8]) {
        var writer = SegmentWriter()
        try write(into: &writer)
        return try writer.finish()
    }

    static func write(into writer: inout SegmentWriter) throws {
        writer.begin(
            stream: "src.contacts",
            streamIndex: 4,
            target: "dst.contacts",
            fields: fields,
            keyFields: [0]
        )
        try lend([value("1", .int32), value("a@x", .text), nil]) { writer.addInsert($0) }
        try lend([value("2", .int32), value("b@x", .text), nil]) { before in
            try lend([value("2", .int32), value("x", .text), nil]) { after in
                writer.addUpdate(before: before, after: after)
            }
        }
        try lend([value("3", .int32), nil, value("0.5", .float64)]) { writer.addDelete($0) }
        let why = SegmentRejection(
            code: "not_null",
            field: "id",
            reason: "NULL, but the field is part of the key"
        )
        lend([nil, nil, nil]) { writer.addReject(why, key: $0) }
        writer.addUnchanged(3)
        writer.addUnchanged(4)
    }

    static func value(_ text: String, _ type: ValueType) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try ValueText.parse(text, as: type, into: &bytes)
        return bytes
    }

    /// Lends the values of one record as the writer wants them.
    static func lend(_ values: [[UInt8]?], _ body: (SegmentWriter.Values) throws -> Void) rethrows {
        let arena = values.flatMap { $0 ?? [] }
        try arena.withUnsafeBytes { bytes in
            var places: [Range<Int>?] = []
            var start = 0
            for value in values {
                places.append(value.map { start..<(start + $0.count) })
                start += value?.count ?? 0
            }
            try body { field in places[field].map { UnsafeRawBufferPointer(rebasing: bytes[$0]) } }
        }
    }
}
