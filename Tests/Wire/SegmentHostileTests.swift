import Drivers
import Foundation
import Model
import SwiftProtobuf
import Testing
import Wire

struct SegmentHostileTests {
    @Test func `bytes that are no segment are refused`() {
        for bytes in [[], [1, 2, 3], [UInt8](repeating: 0xFF, count: 100)] {
            #expect(throws: ProtocolViolation.self) { try SegmentReader(compressed: bytes) }
        }
    }

    @Test func `a segment that does not agree with itself is refused with the reason`() throws {
        let mutations: [(String, (inout JournalSegment) -> Void)] = [
            ("version 2, this program reads 1", { $0.version = 2 }),
            ("0 fields, possible are 1 to 10000", { $0.fields = [] }),
            ("field \"id\" has the unknown type \"int33\"", { $0.fields[0].type = "int33" }),
            ("a key field is none of the 3 fields", { $0.keyFields = [3] }),
            ("4 operations for 5 records", { $0.records = 5 }),
            ("operation 9 is not known", { $0.operations[0] = 9 }),
            ("3 bytes of changed fields for 4 records", { $0.changed.removeLast() }),
            ("record 1 changes a field that is not there", { $0.changed[1] = 0x08 }),
            ("record 2, a delete, changes 2 of 3 fields", { $0.changed[2] = 0x03 }),
            ("11 values, the records have 12", { $0.changed[3] = 0x01 }),
            ("11 values, the records have 13", { $0.changed[1] = 0x03 }),
            ("10 values, the records have 11", { $0.ends.removeLast() }),
            ("1 bytes of NULL marks for 11 values", { $0.nulls.removeLast() }),
            ("value 3 ends before it begins", { $0.ends[3] = 1 }),
            ("value 0 is NULL and has bytes", { $0.nulls[0] |= 1 }),
            ("the values end at byte 35, the arena has 36", { $0.arena.append(0) }),
            ("a rejection of record 1, which is none or not in order", { $0.rejections[0].record = 1 }),
            ("a rejected record without a reason", { $0.rejections = [] }),
        ]
        for (reason, mutate) in mutations {
            var segment = try Self.segment()
            mutate(&segment)
            let bytes: [UInt8] = try segment.serializedBytes()
            let error = #expect(throws: ProtocolViolation.self, "\(reason)") {
                try SegmentReader(compressed: try Zstd.compress(bytes))
            }
            #expect(error?.what == "segment: " + reason)
        }
    }

    @Test func `no flipped byte makes a reader crash`() throws {
        let bytes: [UInt8] = try Self.segment().serializedBytes()
        var readable = 0
        for index in bytes.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF, bytes[index] ^ 1] {
                var broken = bytes
                broken[index] = value
                guard let segment = try? SegmentReader(compressed: try Zstd.compress(broken)) else { continue }
                readable += 1
                for record in segment {
                    #expect(record.changesAsText.count <= segment.fields.count)
                    #expect(record.key.count == segment.keyFields.count)
                    _ = record.keyText
                }
            }
        }
        #expect(readable > 100)
    }

    private static func segment() throws -> JournalSegment {
        let bytes = try SegmentTests.written().bytes
        return try JournalSegment(
            serializedBytes: try Zstd.decompress(bytes, limit: SegmentReader.bytesMax)
        )
    }
}
