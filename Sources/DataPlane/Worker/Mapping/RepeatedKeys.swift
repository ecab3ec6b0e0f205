import Connectors
import Model

/// Finds records whose key an earlier record of the batch has already: the first wins.
struct RepeatedKeys {
    private let target: Target

    init(_ target: Target) {
        self.target = target
    }

    /// Rows whose key has a NULL take no part. A row that is rejected for something else still has its key, unless it is one
    /// of those that could not be read.
    ///
    /// - Parameter source: the rows as they were read.
    func reject(in rows: RowBatch, from source: RowBatch, rejections: inout [Int: Rejection]) {
        guard rows.count > 1 else { return }
        var repeated: [(row: Int, first: Int)] = []
        rows.bytes.withUnsafeBytes { bytes in
            let view = KeyView(rows, target: target, bytes: bytes)
            var slots = 4
            while slots < 2 * rows.count { slots *= 2 }
            var table = [Int32](repeating: -1, count: slots)
            for row in 0..<rows.count {
                guard source.rejections[row] == nil, let hash = view.hash(of: row) else { continue }
                var slot = Int(truncatingIfNeeded: hash) & (slots - 1)
                while table[slot] >= 0, !view.areEqual(Int(table[slot]), row) {
                    slot = (slot + 1) & (slots - 1)
                }
                if table[slot] < 0 {
                    table[slot] = Int32(row)
                } else {
                    repeated.append((row, Int(table[slot])))
                }
            }
        }
        for (row, first) in repeated where rejections[row] == nil {
            let place = source.lines.isEmpty ? "record \(first + 1) of its batch" : "line \(source.lines[first])"
            rejections[row] = Rejection(
                code: "duplicate_key",
                field: "",
                reason: "the key \(key(of: row, in: rows)) is that of \(place) already"
            )
        }
    }

    private func key(of row: Int, in rows: RowBatch) -> String {
        target.key.map { index in
            rows.withField(row: row, column: index) { value in
                value.map { ValueText.render($0, as: target.fields[index].type) } ?? "NULL"
            }
        }.joined(separator: ",")
    }
}

/// The keys of a batch as bytes that are equal where the values are.
private struct KeyView {
    let starts: [UInt32]
    let lengths: [Int32]
    let width: Int
    let bytes: UnsafeRawBufferPointer
    let fields: [(index: Int, isNumeric: Bool)]

    init(_ rows: RowBatch, target: Target, bytes: UnsafeRawBufferPointer) {
        starts = rows.starts
        lengths = rows.lengths
        width = rows.width
        self.bytes = bytes
        fields = target.key.map { ($0, target.fields[$0].type == .numeric) }
    }

    /// FNV-1a, 64 bits; nil when a part is NULL.
    func hash(of row: Int) -> UInt64? {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for field in fields {
            guard let parts = parts(row, field) else { return nil }
            for byte in parts.0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            for byte in parts.1 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 0xFF) &* 0x100_0000_01B3
        }
        return hash ^ (hash >> 32)
    }

    func areEqual(_ left: Int, _ right: Int) -> Bool {
        fields.allSatisfy { field in
            guard let left = parts(left, field), let right = parts(right, field) else { return false }
            return left.0.elementsEqual(right.0) && left.1.elementsEqual(right.1)
        }
    }

    /// A numeric's scale (bytes 6 and 7) makes no other number of it: 1.0 is 1.00.
    private func parts(
        _ row: Int,
        _ field: (index: Int, isNumeric: Bool)
    ) -> (UnsafeRawBufferPointer, UnsafeRawBufferPointer)? {
        let place = row * width + field.index
        guard lengths[place] >= 0 else { return nil }
        let start = Int(starts[place])
        let end = start + Int(lengths[place])
        guard field.isNumeric, end - start >= 8 else {
            return (UnsafeRawBufferPointer(rebasing: bytes[start..<end]), UnsafeRawBufferPointer(start: nil, count: 0))
        }
        return (
            UnsafeRawBufferPointer(rebasing: bytes[start..<(start + 6)]),
            UnsafeRawBufferPointer(rebasing: bytes[(start + 8)..<end])
        )
    }
}
