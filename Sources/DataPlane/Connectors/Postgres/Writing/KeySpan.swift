import Drivers
import Model

/// The keys of a batch as one span from the least to the greatest, for key types whose order is that of their bytes.
///
/// A batch is a range of the source's keys, so the destination mostly holds the same keys and few others between
/// them: reading the span along the index costs a third of looking each key up. Where it holds many others, the
/// look-up is the better way.
struct KeySpan {
    /// Orders as the key does.
    private struct Value: Comparable {
        var high: Int64
        var low: UInt64

        static func < (left: Self, right: Self) -> Bool {
            left.high != right.high ? left.high < right.high : left.low < right.low
        }
    }

    /// Most rows worth reading for one that is wanted.
    private static let factor = 2

    let parameters: [PostgresParameter]
    /// A result of so many rows may be cut off.
    let limit: Int
    private let values: [Value]
    private let rows: [Int]
    private let kind: ValueType

    static func isSpannable(_ plan: PostgresTargetPlan) -> Bool {
        guard plan.key.count == 1, !plan.traits.hasPartitions else { return false }
        switch plan.fields[plan.key[0]].type.value {
        case .int16, .int32, .int64, .date, .timestamp, .timestampWithZone, .uuid: return true
        default: return false
        }
    }

    /// nil: the rows are too few, or not in ascending order.
    init?(_ batch: RowBatch, plan: PostgresTargetPlan, skipping rejections: [Int: Rejection]) {
        let column = plan.key[0]
        let type = plan.fields[column].type
        kind = type.value
        var values: [Value] = []
        var rows: [Int] = []
        values.reserveCapacity(batch.count)
        rows.reserveCapacity(batch.count)
        for row in 0..<batch.count where rejections[row] == nil {
            let key = batch.withField(row: row, column: column) { Self.value($0, type.value) }
            guard let key else { return nil }
            if let last = values.last, last >= key { return nil }
            values.append(key)
            rows.append(row)
        }
        guard let first = rows.first, let last = rows.last,
            let least = batch.field(row: first, column: column),
            let greatest = batch.field(row: last, column: column)
        else { return nil }
        self.values = values
        self.rows = rows
        limit = rows.count * Self.factor + 1
        parameters = [
            .binary(least, type: type.oid), .binary(greatest, type: type.oid),
            .binary(withUnsafeBytes(of: Int64(limit).bigEndian, Array.init), type: 20),
        ]
    }

    private static func value(_ field: UnsafeRawBufferPointer?, _ kind: ValueType) -> Value? {
        guard let field else { return nil }
        switch (kind, field.count) {
        case (.int16, 2):
            return Value(high: Int64(Int16(bigEndian: field.loadUnaligned(as: Int16.self))), low: 0)
        case (.int32, 4), (.date, 4):
            return Value(high: Int64(Int32(bigEndian: field.loadUnaligned(as: Int32.self))), low: 0)
        case (.uuid, 16):
            let high = UInt64(bigEndian: field.loadUnaligned(as: UInt64.self))
            let low = UInt64(bigEndian: field.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            return Value(high: Int64(bitPattern: high ^ (1 << 63)), low: low)
        case (_, 8) where kind != .uuid:
            return Value(high: Int64(bigEndian: field.loadUnaligned(as: Int64.self)), low: 0)
        default:
            return nil
        }
    }

    /// For each row of the span's result, which comes in the order of the key, the row of the batch with that key, or
    /// nil.
    func match(_ result: PostgresResult, column: Int) -> [Int?] {
        var place = 0
        return withExtendedLifetime(result) {
            (0..<result.rows).map { row in
                guard let key = Self.value(result.unsafeField(row: row, column: column), kind) else { return nil }
                while place < values.count, values[place] < key { place += 1 }
                return place < values.count && values[place] == key ? rows[place] : nil
            }
        }
    }
}
