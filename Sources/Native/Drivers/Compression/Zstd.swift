internal import CZstd

/// Compression of journal segments.
public enum Zstd {
    /// One zstd frame that carries its content size.
    public static func compress(_ bytes: [UInt8], level: Int32 = 1) throws -> [UInt8] {
        let bound = ZSTD_compressBound(bytes.count)
        return try filled(capacity: bound, operation: "zstd compress") { target, capacity in
            ZSTD_compress(target, capacity, bytes, bytes.count, level)
        }
    }

    /// The content of one frame.
    ///
    /// What a peer sent may claim any size: more than `limit` bytes, or an unknown size, is refused before anything is
    /// allocated.
    public static func decompress(_ bytes: [UInt8], limit: Int) throws -> [UInt8] {
        let size = ZSTD_getFrameContentSize(bytes, bytes.count)
        // ZSTD_CONTENTSIZE_UNKNOWN and _ERROR are the two highest values.
        guard size < UInt64.max - 1 else {
            throw DriverError(operation: "zstd decompress", text: "not a frame with a known size")
        }
        guard size <= UInt64(limit) else {
            throw DriverError(
                operation: "zstd decompress",
                text: "the content is \(size) bytes, allowed are \(limit)"
            )
        }
        let content = try filled(capacity: Int(size), operation: "zstd decompress") {
            ZSTD_decompress($0, $1, bytes, bytes.count)
        }
        guard content.count == Int(size) else {
            throw DriverError(operation: "zstd decompress", text: "the content is shorter than it says")
        }
        return content
    }

    private static func filled(
        capacity: Int,
        operation: String,
        _ body: (UnsafeMutableRawPointer?, Int) -> Int
    ) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            let result = body(buffer.baseAddress, capacity)
            guard ZSTD_isError(result) == 0 else {
                throw DriverError(
                    operation: operation,
                    text: String(cString: ZSTD_getErrorName(result))
                )
            }
            count = result
        }
    }
}
