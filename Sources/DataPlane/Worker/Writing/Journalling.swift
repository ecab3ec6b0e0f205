import Connectors
import Foundation
import Model
import SwiftProtobuf
import Wire

/// Says in the journal's form what a staged write is going to do: the intent.
struct Journalling {
    let identity: WriteIdentity
    let batch: BatchID
    let stream: OpenedStream

    /// The intent of a staged write, its digest included.
    ///
    /// - Parameter lines: of the rows in the source's file, for the reasons of rejections; empty where there is none.
    /// - Throws: `exhausted` when the segment would be larger than a segment may be.
    func intent(of staged: StagedWrite, rows: RowBatch, lines: [Int] = []) throws -> WireIntent {
        let (header, segment) = try segment(of: staged, rows: rows, lines: lines)
        var intent = WireIntent()
        intent.run = identity.run.wire
        intent.batch = batch.wire
        intent.attempt = identity.attempt.wire
        intent.write = identity.write.wire
        intent.transaction = staged.transaction
        intent.system = staged.system
        intent.header = header
        intent.segment = Data(segment)
        intent.digest = IntentDigest.of(intent)
        return intent
    }

    private func segment(
        of staged: StagedWrite,
        rows: RowBatch,
        lines: [Int]
    ) throws -> (header: WireSegmentHeader, bytes: [UInt8]) {
        let target = stream.target
        #if JOURNAL_TO_NOWHERE
        return (WireSegmentHeader(countsOf: staged.plans, streamIndex: stream.index), [0])
        #endif
        if target.mode == .replace { return try digest(of: staged, rows: rows, lines: lines) }
        let before = RowReader(staged.before)
        let after = RowReader(staged.after ?? rows)
        let handedOver = RowReader(rows)
        // `before` holds the updated and deleted rows only, `after` the inserted and updated ones, both in row order.
        var replaced = 0
        var written = 0
        var writer = SegmentWriter()
        writer.begin(
            stream: stream.scan.stream,
            streamIndex: Int(stream.index),
            target: target.table,
            fields: target.fields.map { SegmentField(name: $0.name, type: $0.type) },
            keyFields: target.key
        )
        return try before.lend { before in
            try after.lend { after in
                try handedOver.lend { handedOver in
                    for (row, plan) in staged.plans.enumerated() {
                        let place = staged.after == nil ? row : written
                        switch plan {
                        case .insert:
                            writer.addInsert { after($0, place) }
                            written += 1
                        case .update:
                            let updated = replaced
                            writer.addUpdate(before: { before($0, updated) }, after: { after($0, place) })
                            written += 1
                            replaced += 1
                        case .delete:
                            let deleted = replaced
                            writer.addDelete { before($0, deleted) }
                            replaced += 1
                        case .reject:
                            let rejection = staged.rejections[row]
                            writer.addReject(
                                SegmentRejection(rejection, line: lines.isEmpty ? nil : lines[row]),
                                key: { handedOver($0, row) },
                                values: { handedOver($0, row) }
                            )
                        case .unchanged:
                            writer.addUnchanged()
                        }
                    }
                    return try writer.finish()
                }
            }
        }
    }
}

#if JOURNAL_TO_NOWHERE
extension WireSegmentHeader {
    /// Of a write whose journal is not kept: what the benchmark of the journal's cost is held against.
    fileprivate init(countsOf plans: [RowPlan], streamIndex: UInt32) {
        self.init()
        self.streamIndex = streamIndex
        inserted = UInt32(plans.count { $0 == .insert })
        updated = UInt32(plans.count { $0 == .update })
        deleted = UInt32(plans.count { $0 == .delete })
        unchanged = UInt32(plans.count { $0 == .unchanged })
        rejected = UInt32(plans.count { $0 == .reject })
        records = UInt32(plans.count)
        keyHashes = Data(count: 4 * Int(records - unchanged))
    }
}
#endif

extension Journalling {
    /// Of the records of a new table: their keys and hashes; their values are in the table.
    private func digest(
        of staged: StagedWrite,
        rows: RowBatch,
        lines: [Int]
    ) throws -> (header: WireSegmentHeader, bytes: [UInt8]) {
        let target = stream.target
        let key = target.key.indices
        var writer = SegmentWriter()
        writer.begin(
            stream: stream.scan.stream,
            streamIndex: Int(stream.index),
            target: target.table,
            fields: target.key.map { SegmentField(name: target.fields[$0].name, type: target.fields[$0].type) }
                + [SegmentField(name: RecordHash.field, type: .bytes)],
            keyFields: Array(key)
        )
        var written = 0
        return try RowReader(staged.after ?? rows).lend { after in
            try RowReader(rows).lend { handedOver in
                for (row, plan) in staged.plans.enumerated() {
                    guard plan == .insert else {
                        let rejection = SegmentRejection(staged.rejections[row], line: lines.isEmpty ? nil : lines[row])
                        writer.addReject(rejection) { key.contains($0) ? handedOver(target.key[$0], row) : nil }
                        continue
                    }
                    let place = staged.after == nil ? row : written
                    written += 1
                    var hash = RecordHash()
                    for field in target.fields.indices { hash.add(after(field, place)) }
                    withUnsafeBytes(of: hash.value.bigEndian) { bytes in
                        writer.addInsert { key.contains($0) ? after(target.key[$0], place) : bytes }
                    }
                }
                return try writer.finish()
            }
        }
    }
}

/// Lends the fields of a batch's rows without copying them.
private struct RowReader {
    private let rows: RowBatch

    init(_ rows: RowBatch) {
        self.rows = rows
    }

    /// The closure's argument gives the bytes of a field by its index and its row's, nil for NULL; not to be kept.
    func lend<Result>(
        _ body: ((_ field: Int, _ row: Int) -> UnsafeRawBufferPointer?) throws -> Result
    ) rethrows -> Result {
        try rows.bytes.withUnsafeBytes { bytes in
            try body { field, row in
                let place = row * rows.width + field
                let length = Int(rows.lengths[place])
                guard length >= 0 else { return nil }
                let start = Int(rows.starts[place])
                return UnsafeRawBufferPointer(rebasing: bytes[start..<(start + length)])
            }
        }
    }
}

extension SegmentRejection {
    /// A destination that rejects says why; one that did not is taken at its word all the same.
    fileprivate init(_ rejection: Rejection?, line: Int?) {
        self.init(
            code: rejection?.code ?? "constraint",
            field: rejection?.field ?? "",
            reason: rejection?.reason ?? "rejected by the destination",
            line: line
        )
    }
}
