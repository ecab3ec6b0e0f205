internal import Drivers
internal import Foundation
internal import Model
internal import SwiftProtobuf

/// The records of a journal segment, in the order of their keys.
///
/// Everything about the bytes is checked when it is made, so that whatever a record is asked for is there; values are not
/// decoded (`ValueText.render` shows any bytes).
public struct SegmentReader: Sendable, RandomAccessCollection {
    public static let version: UInt32 = 1
    /// Of a segment that is not compressed.
    public static let bytesMax = 64 << 20

    public let stream: String
    public let target: String
    public let fields: [SegmentField]
    /// Indexes into `fields`.
    public let keyFields: [Int]
    let operations: [RecordOperation]
    let changed: [UInt8]
    let arena: [UInt8]
    let ends: [UInt32]
    let nulls: [UInt8]
    /// Of each record, the place of its first value among all.
    let firstValues: [Int]
    let rejections: [Int: SegmentRejection]

    /// - Parameter compressed: as `SegmentWriter.finish` made it.
    /// - Throws: `ProtocolViolation`, saying what is wrong with them, for any other bytes.
    public init(compressed: [UInt8]) throws(ProtocolViolation) {
        let segment: JournalSegment
        do {
            let bytes = try Zstd.decompress(compressed, limit: Self.bytesMax)
            segment = try JournalSegment(serializedBytes: bytes)
        } catch {
            throw Self.violation("\(error)")
        }
        try self.init(segment)
    }

    init(_ segment: JournalSegment) throws(ProtocolViolation) {
        guard segment.version == Self.version else {
            throw Self.violation("version \(segment.version), this program reads \(Self.version)")
        }
        stream = segment.stream
        target = segment.target
        fields = try Self.fields(of: segment)
        keyFields = segment.keyFields.map(Int.init)
        guard keyFields.allSatisfy(fields.indices.contains) else {
            throw Self.violation("a key field is none of the \(fields.count) fields")
        }
        operations = try Self.operations(of: segment)
        changed = [UInt8](segment.changed)
        let stride = (fields.count + 7) / 8
        guard changed.count == operations.count * stride else {
            throw Self.violation("\(changed.count) bytes of changed fields for \(operations.count) records")
        }
        firstValues = try Self.firstValues(operations, changed, fields: fields.count, keys: keyFields.count)
        arena = [UInt8](segment.arena)
        ends = segment.ends
        nulls = [UInt8](segment.nulls)
        rejections = try Self.rejections(of: segment, operations)
        try checkValues()
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { operations.count }

    public subscript(position: Int) -> SegmentRecord {
        precondition(indices.contains(position), "a segment of \(count) records has no record \(position)")
        return SegmentRecord(segment: self, index: position)
    }

    func isChanged(_ field: Int, in record: Int) -> Bool {
        changed[record * ((fields.count + 7) / 8) + (field >> 3)] >> UInt8(field & 7) & 1 == 1
    }

    /// The bytes of a value; nil for NULL.
    func value(at index: Int) -> ArraySlice<UInt8>? {
        guard nulls[index >> 3] >> UInt8(index & 7) & 1 == 0 else { return nil }
        return arena[(index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])]
    }

    static func violation(_ what: String) -> ProtocolViolation {
        ProtocolViolation(sender: "the journal", what: "segment: \(what)")
    }
}
