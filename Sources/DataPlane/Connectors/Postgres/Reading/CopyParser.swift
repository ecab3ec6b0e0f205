import Model

/// Takes binary COPY apart: rows of (field count, then length and bytes of each field).
///
/// Source: PostgreSQL 15, documentation of COPY, "Binary Format".
enum CopyParser {
    private static let headerLength = 19

    /// Appends the rows of one message; the arena takes the message as it is, and fields point into it.
    static func append(_ message: UnsafeRawBufferPointer, to batch: inout RowBatch) throws {
        var raw = message
        // "PGCOPY\n\xff\r\n\0" begins the file and comes with its first row.
        if raw.count >= headerLength, raw[0] == 0x50, raw[1] == 0x47, raw[6] == 0x0A, raw[7] == 0xFF {
            let extensionLength = Int(raw.loadUnaligned(fromByteOffset: 15, as: UInt32.self).bigEndian)
            guard raw.count >= headerLength + extensionLength else { throw broken("its header is cut off") }
            raw = UnsafeRawBufferPointer(rebasing: raw[(headerLength + extensionLength)...])
        }
        guard raw.count > 2 else { return }
        let arena = batch.appendArena(raw)
        var place = 0
        while place + 2 <= raw.count {
            let width = Int16(bigEndian: raw.loadUnaligned(fromByteOffset: place, as: Int16.self))
            place += 2
            guard width >= 0 else { return }
            guard width == batch.width else {
                throw broken("a row has \(width) fields, \(batch.width) were asked for")
            }
            for _ in 0..<width {
                guard place + 4 <= raw.count else { throw broken("a row is cut off") }
                let length = Int32(bigEndian: raw.loadUnaligned(fromByteOffset: place, as: Int32.self))
                place += 4
                let size = Int(max(0, length))
                guard place + size <= raw.count else { throw broken("a field is cut off") }
                batch.appendShared(start: arena + UInt32(place), length: length)
                place += size
            }
            batch.endRow()
        }
    }

    private static func broken(_ why: String) -> SluiceError {
        SluiceError(.internal, "the server's binary COPY cannot be read: \(why)")
    }
}
