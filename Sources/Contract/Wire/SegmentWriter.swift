internal import Drivers
internal import Foundation
internal import Model
internal import SwiftProtobuf

/// Writes the journal segment of one write and its header: per record the key and the changed fields.
///
/// `begin`, then the records in the order of their keys, then `finish`; `begin` starts over and keeps the memory. The closures
/// lend a field's canonical bytes by its index among the fields, nil for NULL, and are called before `add…` returns.
public struct SegmentWriter {
    public typealias Values = (_ field: Int) -> UnsafeRawBufferPointer?

    private var segment = JournalSegment()
    private var header = WireSegmentHeader()
    private var statistics: [WireFieldStatistics] = []
    private var fieldCount = 0
    private var keyFields: [Int] = []
    private var operations: [UInt8] = []
    private var changed: [UInt8] = []
    private var arena: [UInt8] = []
    private var ends: [UInt32] = []
    private var nulls: [UInt8] = []
    private var hashes: [UInt32] = []

    public init() {}

    /// Starts a segment.
    ///
    /// - Parameters:
    ///   - stream: at the source.
    ///   - target: the destination's table.
    ///   - keyFields: indexes into `fields`.
    public mutating func begin(
        stream: String,
        streamIndex: Int,
        target: String,
        fields: [SegmentField],
        keyFields: [Int]
    ) {
        precondition(!fields.isEmpty && keyFields.allSatisfy(fields.indices.contains), "no such key field")
        segment = JournalSegment()
        segment.version = SegmentReader.version
        segment.stream = stream
        segment.target = target
        segment.fields = fields.map { field in
            var journal = JournalField()
            journal.name = field.name
            journal.type = field.type.description
            return journal
        }
        segment.keyFields = keyFields.map(UInt32.init)
        header = WireSegmentHeader()
        header.streamIndex = UInt32(streamIndex)
        statistics = fields.map { field in
            var statistics = WireFieldStatistics()
            statistics.field = field.name
            return statistics
        }
        counts = [FieldCounts](repeating: FieldCounts(), count: fields.count)
        fieldCount = fields.count
        self.keyFields = keyFields
        operations.removeAll(keepingCapacity: true)
        changed.removeAll(keepingCapacity: true)
        arena.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        nulls.removeAll(keepingCapacity: true)
        hashes.removeAll(keepingCapacity: true)
    }

    private struct FieldCounts {
        var changed: UInt32 = 0
        var nullsBefore: UInt32 = 0
        var nullsAfter: UInt32 = 0
    }

    private var counts: [FieldCounts] = []

    /// A record that is not there yet: every field that is not NULL changes.
    public mutating func addInsert(_ after: Values) {
        open(.insert, key: after)
        for field in 0..<fieldCount {
            guard let value = after(field) else {
                counts[field].nullsAfter += 1
                continue
            }
            append(value)
            markChanged(field)
        }
        header.inserted += 1
    }

    /// A record that is there with other values.
    public mutating func addUpdate(before: Values, after: Values) {
        open(.update, key: after)
        for field in 0..<fieldCount {
            let old = before(field)
            let new = after(field)
            if old == nil { counts[field].nullsBefore += 1 }
            if new == nil { counts[field].nullsAfter += 1 }
            if Self.areEqual(old, new) { continue }
            append(old)
            append(new)
            markChanged(field)
        }
        header.updated += 1
    }

    /// A record that goes: all of its fields change.
    public mutating func addDelete(_ before: Values) {
        open(.delete, key: before)
        for field in 0..<fieldCount {
            append(before(field))
            markChanged(field)
        }
        header.deleted += 1
    }

    /// A record that cannot be written; its key as far as it could be made.
    ///
    /// - Parameter values: what was to be written. Kept is the field that the rejection names, else every one that is not
    ///   NULL; none counts as changed.
    public mutating func addReject(_ rejection: SegmentRejection, key: Values, values: Values = { _ in nil }) {
        var journal = JournalRejection()
        journal.record = UInt32(operations.count)
        journal.code = rejection.code
        journal.field = rejection.field
        journal.reason = rejection.reason
        segment.rejections.append(journal)
        open(.reject, key: key)
        for field in 0..<fieldCount where rejection.field.isEmpty || segment.fields[field].name == rejection.field {
            guard let value = values(field) else { continue }
            append(value)
            mark(field)
        }
        header.rejected += 1
    }

    /// Records that are there already as they shall be: only counted.
    public mutating func addUnchanged(_ count: Int = 1) {
        header.unchanged += UInt32(count)
    }

    /// The header, and the segment serialized and compressed.
    public mutating func finish() throws -> (header: WireSegmentHeader, bytes: [UInt8]) {
        segment.records = UInt32(operations.count)
        segment.operations = Data(operations)
        segment.changed = Data(changed)
        segment.arena = Data(arena)
        segment.ends = ends
        segment.nulls = Data(nulls)
        let bytes: [UInt8] = try segment.serializedBytes()
        guard bytes.count <= SegmentReader.bytesMax else {
            throw SluiceError(
                .exhausted,
                "the journal of a write to \(segment.target) is \(bytes.count) bytes, "
                    + "allowed are \(SegmentReader.bytesMax); use smaller batches"
            )
        }
        header.records = UInt32(operations.count) + header.unchanged
        header.segmentBytes = UInt32(bytes.count)
        for (field, counts) in counts.enumerated() {
            statistics[field].changed = counts.changed
            statistics[field].nullsBefore = counts.nullsBefore
            statistics[field].nullsAfter = counts.nullsAfter
        }
        header.fields = statistics
        hashes.sort()
        header.keyHashes = hashes.reduce(into: Data(capacity: 4 * hashes.count)) { data, hash in
            withUnsafeBytes(of: hash.littleEndian) { data.append(contentsOf: $0) }
        }
        return (header, try Zstd.compress(bytes, level: 1))
    }

    private mutating func open(_ operation: JournalOperation, key: Values) {
        operations.append(UInt8(operation.rawValue))
        for _ in 0..<((fieldCount + 7) / 8) { changed.append(0) }
        var hash = SegmentKeyHash()
        for field in keyFields {
            let part = key(field)
            hash.add(part)
            append(part)
        }
        hashes.append(hash.value)
    }

    private mutating func append(_ value: UnsafeRawBufferPointer?) {
        let index = ends.count
        if index & 7 == 0 { nulls.append(0) }
        if let value {
            arena.append(contentsOf: value)
        } else {
            nulls[index >> 3] |= 1 << UInt8(index & 7)
        }
        ends.append(UInt32(arena.count))
    }

    private mutating func markChanged(_ field: Int) {
        mark(field)
        counts[field].changed += 1
    }

    private mutating func mark(_ field: Int) {
        let start = changed.count - (fieldCount + 7) / 8
        changed[start + (field >> 3)] |= 1 << UInt8(field & 7)
    }

    private static func areEqual(_ left: UnsafeRawBufferPointer?, _ right: UnsafeRawBufferPointer?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        guard left.count == right.count else { return false }
        guard let old = left.baseAddress, let new = right.baseAddress, !left.isEmpty else { return true }
        return memcmp(old, new, left.count) == 0
    }
}
