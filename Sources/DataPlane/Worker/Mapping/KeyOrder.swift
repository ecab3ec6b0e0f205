import Connectors
import Model

/// Puts a batch into the order of its key, so that workers that write at the same time lock rows in one order.
///
/// Whole numbers and times are ordered as such, everything else by its bytes: any order does that is the same for all.
struct KeyOrder {
    private let target: Target

    init(_ target: Target) {
        self.target = target
    }

    func sorted(_ batch: MappedBatch) -> MappedBatch {
        let rows = batch.rows
        let order = rows.bytes.withUnsafeBytes { bytes in
            (0..<Int32(rows.count)).sorted { left, right in
                for field in target.key {
                    let order = compare(value(rows, bytes, left, field), value(rows, bytes, right, field), field)
                    if order != 0 { return order < 0 }
                }
                return left < right
            }
        }
        let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { (Int($1), $0) })
        return MappedBatch(
            rows: rows.selecting(order),
            rejections: Dictionary(
                uniqueKeysWithValues: batch.rejections.map { (places[$0.key] ?? $0.key, $0.value) }
            ),
            lines: batch.lines.isEmpty ? [] : order.map { batch.lines[Int($0)] }
        )
    }

    private func value(
        _ rows: RowBatch,
        _ bytes: UnsafeRawBufferPointer,
        _ row: Int32,
        _ field: Int
    ) -> UnsafeRawBufferPointer? {
        let place = Int(row) * rows.width + field
        let length = Int(rows.lengths[place])
        guard length >= 0 else { return nil }
        let start = Int(rows.starts[place])
        return UnsafeRawBufferPointer(rebasing: bytes[start..<(start + length)])
    }

    /// NULL is behind everything.
    private func compare(
        _ left: UnsafeRawBufferPointer?,
        _ right: UnsafeRawBufferPointer?,
        _ field: Int
    ) -> Int {
        guard let left, let right else { return left == nil ? (right == nil ? 0 : 1) : -1 }
        switch target.fields[field].type {
        case .int16, .int32, .int64, .date, .time, .timestamp, .timestampWithZone:
            let (left, right) = (number(left), number(right))
            return left == right ? 0 : left < right ? -1 : 1
        default:
            return left.elementsEqual(right) ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
        }
    }

    private func number(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        let isNegative = bytes.first.map { $0 >= 0x80 } ?? false
        return bytes.reduce(isNegative ? -1 : 0) { $0 << 8 | Int64($1) }
    }
}
