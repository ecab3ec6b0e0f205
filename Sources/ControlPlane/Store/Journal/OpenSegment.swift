import Drivers
import Foundation
import Model
import SwiftProtobuf
import Wire

/// A segment of the journal, unpacked: its records by their index.
///
/// Everything is checked when it is opened, so that a damaged segment throws and no index leads out of it.
struct OpenSegment {
    /// Of a segment, unpacked; a batch reads at most 8 MiB.
    static let bytesMax = 256 << 20

    let stream: String
    let target: String
    let fields: [(name: String, type: ValueType)]
    let keyFields: [Int]
    let count: Int
    private let segment: JournalSegment
    private let operations: [RecordOperation]
    /// Index of each record's first value.
    private let firstValues: [Int]
    private let rejections: [Int: JournalRejection]

    /// - Parameter compressed: as the worker sent it. Throws `StoreError.failed` naming the write when it is damaged.
    init(_ compressed: [UInt8], of write: WriteID) throws {
        do {
            let bytes = try Zstd.decompress(compressed, limit: Self.bytesMax)
            segment = try JournalSegment(serializedBytes: bytes)
        } catch {
            throw StoreError.failed(detail: "the journal's segment of write \(write) cannot be opened: \(error)")
        }
        let damaged = { (what: String) in
            StoreError.failed(detail: "the journal's segment of write \(write) is damaged: \(what)")
        }
        guard segment.version == 1 else { throw damaged("version \(segment.version), this Sluice reads 1") }
        stream = segment.stream
        target = segment.target
        fields = try segment.fields.map { field in
            guard let type = ValueType(field.type) else { throw damaged("type \(field.type)") }
            return (field.name, type)
        }
        keyFields = segment.keyFields.map(Int.init)
        count = Int(segment.records)
        operations = try segment.operations.map { byte in
            guard let operation = Self.operation(byte) else { throw damaged("operation \(byte)") }
            return operation
        }
        rejections = Dictionary(
            segment.rejections.map { (Int($0.record), $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let width = (fields.count + 7) / 8
        guard operations.count == count, segment.changed.count == width * count,
            keyFields.max() ?? 0 < fields.count
        else { throw damaged("its columns are of different lengths") }
        var firsts: [Int] = []
        firsts.reserveCapacity(count)
        var values = 0
        for record in 0..<count {
            firsts.append(values)
            let changed = segment.changed.dropFirst(record * width).prefix(width).reduce(0) { $0 + $1.nonzeroBitCount }
            values += keyFields.count + (operations[record] == .update ? 2 * changed : changed)
        }
        firstValues = firsts
        let areEndsInOrder = zip(segment.ends, segment.ends.dropFirst()).allSatisfy { $0 <= $1 }
        guard values == segment.ends.count, segment.nulls.count >= (values + 7) / 8, areEndsInOrder,
            Int(segment.ends.last ?? 0) <= segment.arena.count
        else { throw damaged("\(segment.ends.count) values, expected \(values)") }
    }

    func operation(_ record: Int) -> RecordOperation { operations[record] }

    func isChanged(_ field: Int, in record: Int) -> Bool {
        let width = (fields.count + 7) / 8
        let byte = segment.changed[segment.changed.startIndex + record * width + field / 8]
        return byte & (1 << UInt8(field % 8)) != 0
    }

    func rejection(_ record: Int) -> JournalRejection? { rejections[record] }

    /// The text form of the key, several fields joined by `,`.
    func key(_ record: Int) -> String {
        keyFields.enumerated().map { position, field in
            text(firstValues[record] + position, as: fields[field].type) ?? ""
        }.joined(separator: ",")
    }

    func changes(_ record: Int) -> [FieldChange] {
        var value = firstValues[record] + keyFields.count
        var changes: [FieldChange] = []
        for (index, field) in fields.enumerated() where isChanged(index, in: record) {
            switch operations[record] {
            case .insert:
                changes.append(FieldChange(field: field.name, before: nil, after: text(value, as: field.type)))
            case .delete:
                changes.append(FieldChange(field: field.name, before: text(value, as: field.type), after: nil))
            case .update:
                changes.append(
                    FieldChange(
                        field: field.name,
                        before: text(value, as: field.type),
                        after: text(value + 1, as: field.type)
                    )
                )
                value += 1
            case .reject:
                continue
            }
            value += 1
        }
        return changes
    }

    private func text(_ value: Int, as type: ValueType) -> String? {
        let nulls = segment.nulls[segment.nulls.startIndex + value / 8]
        guard nulls & (1 << UInt8(value % 8)) == 0 else { return nil }
        let start = value == 0 ? 0 : Int(segment.ends[value - 1])
        return segment.arena.withUnsafeBytes { arena in
            ValueText.render(UnsafeRawBufferPointer(rebasing: arena[start..<Int(segment.ends[value])]), as: type)
        }
    }

    private static func operation(_ byte: UInt8) -> RecordOperation? {
        switch JournalOperation(rawValue: Int(byte)) {
        case .insert: .insert
        case .update: .update
        case .delete: .delete
        case .reject: .reject
        case .unspecified, .UNRECOGNIZED, nil: nil
        }
    }
}
