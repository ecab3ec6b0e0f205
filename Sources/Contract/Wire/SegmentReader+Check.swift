internal import Foundation
internal import Model

/// What must hold of a segment's bytes.
extension SegmentReader {
    private static let fieldsMax = 10_000

    static func fields(of segment: JournalSegment) throws(ProtocolViolation) -> [SegmentField] {
        guard (1...fieldsMax).contains(segment.fields.count) else {
            throw violation("\(segment.fields.count) fields, possible are 1 to \(fieldsMax)")
        }
        var fields: [SegmentField] = []
        for field in segment.fields {
            guard let type = ValueType(field.type) else {
                throw violation("field \"\(field.name)\" has the unknown type \"\(field.type)\"")
            }
            fields.append(SegmentField(name: field.name, type: type))
        }
        return fields
    }

    static func operations(of segment: JournalSegment) throws(ProtocolViolation) -> [RecordOperation] {
        guard segment.operations.count == Int(segment.records) else {
            throw violation("\(segment.operations.count) operations for \(segment.records) records")
        }
        var operations: [RecordOperation] = []
        operations.reserveCapacity(segment.operations.count)
        for byte in segment.operations {
            switch JournalOperation(rawValue: Int(byte)) {
            case .insert: operations.append(.insert)
            case .update: operations.append(.update)
            case .delete: operations.append(.delete)
            case .reject: operations.append(.reject)
            default: throw violation("operation \(byte) is not known")
            }
        }
        return operations
    }

    /// Counts the values of every record; one more entry at the end is the number of all.
    static func firstValues(
        _ operations: [RecordOperation],
        _ changed: [UInt8],
        fields: Int,
        keys: Int
    ) throws(ProtocolViolation) -> [Int] {
        let stride = (fields + 7) / 8
        var places = [0]
        places.reserveCapacity(operations.count + 1)
        var place = 0
        for (record, operation) in operations.enumerated() {
            var bits = 0
            for byte in changed[(record * stride)..<((record + 1) * stride)] { bits += byte.nonzeroBitCount }
            if fields & 7 != 0, changed[(record + 1) * stride - 1] >> UInt8(fields & 7) != 0 {
                throw violation("record \(record) changes a field that is not there")
            }
            switch operation {
            case .insert, .reject: place += keys + bits
            case .update: place += keys + 2 * bits
            case .delete where bits == fields: place += keys + bits
            case .delete:
                throw violation("record \(record), a \(operation), changes \(bits) of \(fields) fields")
            }
            places.append(place)
        }
        return places
    }

    static func rejections(
        of segment: JournalSegment,
        _ operations: [RecordOperation]
    ) throws(ProtocolViolation) -> [Int: SegmentRejection] {
        var rejections: [Int: SegmentRejection] = [:]
        var last = -1
        for rejection in segment.rejections {
            let record = Int(rejection.record)
            guard record > last, operations.indices.contains(record), operations[record] == .reject else {
                throw violation("a rejection of record \(record), which is none or not in order")
            }
            last = record
            rejections[record] = SegmentRejection(
                code: rejection.code,
                field: rejection.field,
                reason: rejection.reason
            )
        }
        guard operations.count(where: { $0 == .reject }) == rejections.count else {
            throw violation("a rejected record without a reason")
        }
        return rejections
    }

    func checkValues() throws(ProtocolViolation) {
        guard ends.count == firstValues.last else {
            throw Self.violation("\(ends.count) values, the records have \(firstValues.last ?? 0)")
        }
        guard nulls.count == (ends.count + 7) / 8 else {
            throw Self.violation("\(nulls.count) bytes of NULL marks for \(ends.count) values")
        }
        var last: UInt32 = 0
        for (index, end) in ends.enumerated() {
            guard end >= last else { throw Self.violation("value \(index) ends before it begins") }
            if nulls[index >> 3] >> UInt8(index & 7) & 1 == 1, end != last {
                throw Self.violation("value \(index) is NULL and has bytes")
            }
            last = end
        }
        guard Int(last) == arena.count else {
            throw Self.violation("the values end at byte \(last), the arena has \(arena.count)")
        }
    }
}
