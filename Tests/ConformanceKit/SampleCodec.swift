import Connectors
import Model

/// Sample values from and to the canonical encoding, written here a second time so that an error in the connector's own
/// conversion does not cancel itself out.
enum SampleCodec {
    static func encode(_ value: SampleValue, as type: ValueType) throws -> [UInt8]? {
        switch (value, type) {
        case (.null, _): return nil
        case (.bool(let bool), .bool): return [bool ? 1 : 0]
        case (.integer(let integer), .int64): return bytes(integer)
        case (.integer(let integer), .int32): return bytes(Int32(integer))
        case (.integer(let integer), .int16): return bytes(Int16(integer))
        case (.real(let real), .float64): return bytes(real.bitPattern)
        case (.real(let real), .float32): return bytes(Float(real).bitPattern)
        case (.text(let text), .text): return Array(text.utf8)
        default: throw ConformanceFailure("\(value) has no encoding as \(type): is the sample table made as asked?")
        }
    }

    static func decode(_ bytes: [UInt8]?, as type: ValueType) throws -> SampleValue {
        guard let bytes else { return .null }
        switch (type, bytes.count) {
        case (.bool, 1) where bytes[0] < 2: return .bool(bytes[0] == 1)
        case (.int64, 8): return .integer(Int64(bitPattern: number(bytes)))
        case (.int32, 4): return .integer(Int64(Int32(truncatingIfNeeded: number(bytes))))
        case (.int16, 2): return .integer(Int64(Int16(truncatingIfNeeded: number(bytes))))
        case (.float64, 8): return .real(Double(bitPattern: number(bytes)))
        case (.float32, 4): return .real(Double(Float(bitPattern: UInt32(number(bytes)))))
        case (.text, _): return .text(String(decoding: bytes, as: UTF8.self))
        default: throw ConformanceFailure("\(bytes) is no \(type)")
        }
    }

    /// Rows as a batch of the target's fields; `table` gives the order of the rows' values.
    static func batch(_ rows: [SampleRow], of table: SampleTable, for target: Target) throws -> RowBatch {
        var batch = RowBatch(width: target.fields.count)
        for row in rows {
            for field in target.fields {
                guard let place = table.index(of: field.name) else {
                    throw ConformanceFailure("target has a field \(field.name) that \(table.name) has not")
                }
                if let bytes = try encode(row[place], as: field.type) {
                    batch.append(bytes)
                } else {
                    batch.appendNull()
                }
            }
            batch.endRow()
        }
        return batch
    }

    static func rows(_ batch: RowBatch, _ types: [ValueType]) throws -> [SampleRow] {
        try requireEqual(batch.width, types.count, "the width of a batch")
        return try (0..<batch.count).map { row in
            try types.enumerated().map { column, type in
                try decode(batch.field(row: row, column: column), as: type)
            }
        }
    }

    private static func bytes(_ integer: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: integer.bigEndian, Array.init)
    }

    private static func number(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
