/// Writes rows as binary COPY.
struct CopyEncoder {
    let buffer: CopyBuffer

    /// Bytes handed to libpq at once.
    private static let pieceBytes = 128 << 10

    /// What stands in a row before its fields.
    enum Leading {
        case nothing
        /// For a staging table: row of the batch, and tuple version of the row as it was read.
        case staging(ExistingRows)
    }

    func send(
        _ rows: RowBatch,
        _ chosen: [Int],
        _ leading: Leading,
        _ send: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        buffer.removeAll()
        CopyBuffer.header.withUnsafeBytes { buffer.put($0) }
        let width = rows.width
        let fieldCount =
            switch leading {
            case .nothing: Int16(width)
            case .staging: PostgresTargetPlan.leading + Int16(width)
            }
        try rows.withParts { bytes, starts, lengths in
            for row in chosen {
                buffer.put(fieldCount)
                if case .staging(let existing) = leading {
                    buffer.put(Int32(4))
                    buffer.put(Int32(row))
                    version(Int(existing.places[row]), existing)
                }
                for place in (row * width)..<((row + 1) * width) {
                    let length = lengths[place]
                    buffer.put(length)
                    if length > 0 {
                        buffer.put(
                            UnsafeRawBufferPointer(start: bytes + Int(starts[place]), count: Int(length))
                        )
                    }
                }
                if buffer.count >= Self.pieceBytes {
                    try send(buffer.contents)
                    buffer.removeAll()
                }
            }
        }
        buffer.put(Int16(-1))
        try send(buffer.contents)
        buffer.removeAll()
    }

    private func version(_ found: Int, _ existing: ExistingRows) {
        for (parts, size) in [(existing.tuples, 6), (existing.versions, 4), (existing.tables, 4)] {
            guard found >= 0 else {
                buffer.put(Int32(-1))
                continue
            }
            buffer.put(Int32(size))
            parts.withUnsafeBytes { all in
                buffer.put(UnsafeRawBufferPointer(rebasing: all[(found * size)..<((found + 1) * size)]))
            }
        }
    }
}
