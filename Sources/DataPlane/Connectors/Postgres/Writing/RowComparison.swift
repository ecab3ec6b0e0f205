import Glibc

/// Decides what happens to each row: the bytes it would have against the bytes it has.
enum RowComparison {
    /// One plan per row: `.insert` where nothing exists, `.unchanged` where all `columns` hold the same bytes, else
    /// `.update`.
    static func plans(_ rows: RowBatch, _ existing: ExistingRows, columns: [Int]) -> [RowPlan] {
        var plans: [RowPlan] = []
        plans.reserveCapacity(rows.count)
        let width = rows.width
        let now = existing.fields
        rows.withParts { newBytes, newStarts, newLengths in
            now.withParts { oldBytes, oldStarts, oldLengths in
                for row in 0..<rows.count {
                    let found = Int(existing.places[row])
                    guard found >= 0 else {
                        plans.append(.insert)
                        continue
                    }
                    var plan = RowPlan.unchanged
                    for column in columns {
                        let new = row * width + column
                        let old = found * width + column
                        let length = newLengths[new]
                        if length == oldLengths[old],
                            length <= 0
                                || memcmp(
                                    newBytes + Int(newStarts[new]),
                                    oldBytes + Int(oldStarts[old]),
                                    Int(length)
                                ) == 0
                        {
                            continue
                        }
                        plan = .update
                        break
                    }
                    plans.append(plan)
                }
            }
        }
        return plans
    }
}

extension RowBatch {
    /// Lends arena, starts and lengths for a loop that must not pay for bounds and ownership on each field.
    func withParts<Result>(
        _ body: (UnsafeRawPointer, UnsafePointer<UInt32>, UnsafePointer<Int32>) throws -> Result
    ) rethrows -> Result {
        try bytes.withUnsafeBytes { bytes in
            try starts.withUnsafeBufferPointer { starts in
                try lengths.withUnsafeBufferPointer { lengths in
                    // An empty batch has no memory to lend; nothing is read through these then.
                    let nothing = UnsafeRawPointer(bitPattern: 8)
                    guard let base = bytes.baseAddress ?? nothing,
                        let places = starts.baseAddress ?? UnsafePointer(bitPattern: 8),
                        let sizes = lengths.baseAddress ?? UnsafePointer(bitPattern: 8)
                    else { preconditionFailure("a constant address is not null") }
                    return try body(base, places, sizes)
                }
            }
        }
    }
}
