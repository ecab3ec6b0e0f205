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
    var stream = "public.contacts"
    var streamIndex = 0

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

    /// As a worker's writer finishes it.
    func finished() throws -> (header: WireSegmentHeader, bytes: [UInt8]) {
        var writer = SegmentWriter()
        writer.begin(
            stream: stream,
            streamIndex: streamIndex,
            target: "contacts",
            fields: [
                SegmentField(name: "id", type: .int64), SegmentField(name: "email", type: .text),
                SegmentField(name: "city", type: .text),
            ],
            keyFields: [0]
        )
        for record in records { add(record, to: &writer) }
        writer.addUnchanged(unchanged)
        return try writer.finish()
    }

    private func add(_ record: Record, to writer: inout SegmentWriter) {
        switch record {
        case .insert(let id, let email, let city):
            Self.lending(id, email, city) { writer.addInsert($0) }
        case .update(let id, let email, let city):
            Self.lending(id, email?.0, city?.0) { before in
                Self.lending(id, email?.1, city?.1) { writer.addUpdate(before: before, after: $0) }
            }
        case .delete(let id, let email, let city):
            Self.lending(id, email, city) { writer.addDelete($0) }
        case .reject(let id, let code, let field, let reason):
            Self.lending(id, nil, nil) {
                writer.addReject(SegmentRejection(code: code, field: field, reason: reason), key: $0)
            }
        }
    }

    /// Lends the fields' canonical bytes for the length of the call.
    private static func lending(
        _ id: Int64,
        _ email: String?,
        _ city: String?,
        _ body: (SegmentWriter.Values) -> Void
    ) {
        let key = withUnsafeBytes(of: id.bigEndian, Array.init)
        let values = [key, email.map { Array($0.utf8) }, city.map { Array($0.utf8) }]
        let starts = values.reduce(into: [0]) { $0.append(($0.last ?? 0) + ($1?.count ?? 0)) }
        values.flatMap { $0 ?? [] }.withUnsafeBytes { arena in
            body { field in
                values[field] == nil
                    ? nil : UnsafeRawBufferPointer(rebasing: arena[starts[field]..<starts[field + 1]])
            }
        }
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
        let finished = try sample.finished()
        var write = write(number, attempt: attempt, decision: decision, counts: sample.counts)
        write.streamIndex = sample.streamIndex
        write.segment = finished.bytes
        write.keyHashes = Array(finished.header.keyHashes)
        write.header = try finished.header.serializedBytes()
        return write
    }
}
