import Drivers
import Foundation
import Model
import SwiftProtobuf
import Wire

/// A segment as a worker would send it, from literal records: fields `id` (int64, the key), `email` and `city` (text).
struct SegmentSample {
    enum Record {
        case insert(Int64, email: String?, city: String?)
        /// (before, after) of the fields that change.
        case update(Int64, email: (String?, String?)? = nil, city: (String?, String?)? = nil)
        case delete(Int64, email: String?, city: String?)
        case reject(Int64, code: String, field: String, reason: String)
    }

    var records: [Record]
    var unchanged = 0

    var counts: WriteCounts {
        var counts = WriteCounts(inserted: 0, updated: 0, deleted: 0, unchanged: unchanged, rejected: 0)
        for record in records {
            switch record {
            case .insert: counts.inserted += 1
            case .update: counts.updated += 1
            case .delete: counts.deleted += 1
            case .reject: counts.rejected += 1
            }
        }
        return counts
    }

    /// Serialized and compressed.
    func compressed() throws -> [UInt8] { try Self.compressed(message) }

    static func compressed(_ message: JournalSegment) throws -> [UInt8] {
        try Zstd.compress(try message.serializedBytes())
    }

    /// `Wire_SegmentHeader`, serialized.
    func header() throws -> [UInt8] {
        var header = WireSegmentHeader()
        let counts = counts
        header.inserted = UInt32(counts.inserted)
        header.updated = UInt32(counts.updated)
        header.deleted = UInt32(counts.deleted)
        header.unchanged = UInt32(counts.unchanged)
        header.rejected = UInt32(counts.rejected)
        header.records = header.inserted + header.updated + header.deleted + header.unchanged + header.rejected
        let message = message
        for (index, field) in message.fields.enumerated() {
            var statistics = WireFieldStatistics()
            statistics.field = field.name
            statistics.changed = UInt32(message.changed.filter { $0 & (1 << UInt8(index)) != 0 }.count)
            header.fields.append(statistics)
        }
        return try header.serializedBytes()
    }

    var message: JournalSegment {
        var segment = JournalSegment()
        segment.version = 1
        segment.stream = "public.contacts"
        segment.target = "contacts"
        segment.fields = [("id", "int64"), ("email", "text"), ("city", "text")].map { name, type in
            var field = JournalField()
            field.name = name
            field.type = type
            return field
        }
        segment.keyFields = [0]
        segment.records = UInt32(records.count)
        for (index, record) in records.enumerated() {
            append(record, at: UInt32(index), to: &segment)
        }
        return segment
    }

    private func append(_ record: Record, at index: UInt32, to segment: inout JournalSegment) {
        switch record {
        case .insert(let id, let email, let city):
            append(.insert, changed: (email == nil ? 0 : 2) | (city == nil ? 0 : 4), to: &segment)
            append(key: id, to: &segment)
            for value in [email, city].compactMap({ $0 }) { append(value, to: &segment) }
        case .update(let id, let email, let city):
            append(.update, changed: (email == nil ? 0 : 2) | (city == nil ? 0 : 4), to: &segment)
            append(key: id, to: &segment)
            for (before, after) in [email, city].compactMap({ $0 }) {
                append(before, to: &segment)
                append(after, to: &segment)
            }
        case .delete(let id, let email, let city):
            append(.delete, changed: 7, to: &segment)
            append(key: id, to: &segment)
            append(key: id, to: &segment)
            append(email, to: &segment)
            append(city, to: &segment)
        case .reject(let id, let code, let field, let reason):
            append(.reject, changed: 0, to: &segment)
            append(key: id, to: &segment)
            var rejection = JournalRejection()
            rejection.record = index
            rejection.code = code
            rejection.field = field
            rejection.reason = reason
            segment.rejections.append(rejection)
        }
    }

    private func append(_ operation: JournalOperation, changed: UInt8, to segment: inout JournalSegment) {
        segment.operations.append(UInt8(operation.rawValue))
        segment.changed.append(changed)
    }

    private func append(key: Int64, to segment: inout JournalSegment) {
        withUnsafeBytes(of: key.bigEndian) { append(Data($0), to: &segment) }
    }

    private func append(_ text: String?, to segment: inout JournalSegment) {
        append(text.map { Data($0.utf8) }, to: &segment)
    }

    private func append(_ value: Data?, to segment: inout JournalSegment) {
        let index = segment.ends.count
        if index % 8 == 0 { segment.nulls.append(0) }
        if let value {
            segment.arena.append(value)
        } else {
            segment.nulls[index / 8] |= 1 << UInt8(index % 8)
        }
        segment.ends.append(UInt32(segment.arena.count))
    }
}

extension Sample {
    /// A write of the batch's attempt that journals these records.
    func write(
        _ number: Int,
        attempt: AttemptRecord,
        decision: PermitDecision = .permit,
        journalling sample: SegmentSample
    ) throws -> WriteRecord {
        var write = write(number, attempt: attempt, decision: decision, counts: sample.counts)
        write.segment = try sample.compressed()
        write.header = try sample.header()
        return write
    }
}
