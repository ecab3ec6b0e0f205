internal import CZlib

/// gzip (RFC 1952) of content that is at hand as a whole.
public enum Gzip {
    /// One member with the content, which has less than 4 GiB.
    public static func compress(_ bytes: [UInt8], level: Int32 = 6) throws -> [UInt8] {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        let opened = deflateInit2_(
            stream,
            level,
            Z_DEFLATED,
            MAX_WBITS + 16,
            MAX_MEM_LEVEL - 1,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard opened == Z_OK else { throw DriverError(operation: "gzip compress", text: "zlib error \(opened)") }
        defer { deflateEnd(stream) }
        let bound = Int(deflateBound(stream, UInt(bytes.count)))
        return try bytes.withUnsafeBytes { input in
            // zlib does not write to its input.
            stream.pointee.next_in = UnsafeMutableRawPointer(mutating: input.baseAddress)?
                .assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_in = UInt32(input.count)
            return try [UInt8](unsafeUninitializedCapacity: bound) { output, count in
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                let result = deflate(stream, Z_FINISH)
                guard result == Z_STREAM_END else {
                    throw DriverError(operation: "gzip compress", text: "zlib error \(result)")
                }
                count = output.count - Int(stream.pointee.avail_out)
            }
        }
    }
}

/// gzip, member after member.
public final class GzipDecompressor: Decompressor {
    /// At one address for its life: zlib points back to it.
    private let stream: UnsafeMutablePointer<z_stream>
    public private(set) var isBetweenFrames = true

    public init() throws {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let result = inflateInit2_(stream, MAX_WBITS + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else {
            stream.deallocate()
            throw DriverError(operation: "gzip decompress", text: "zlib error \(result)")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    public func decompress(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws -> (consumed: Int, produced: Int) {
        if isBetweenFrames {
            if input.isEmpty { return (0, 0) }
            inflateReset(stream)
            isBetweenFrames = false
        }
        // zlib does not write to its input.
        stream.pointee.next_in = UnsafeMutableRawPointer(mutating: input.baseAddress)?
            .assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(output.count)
        let result = inflate(stream, Z_NO_FLUSH)
        switch result {
        case Z_STREAM_END: isBetweenFrames = true
        // Nothing could be done: more input or more room is needed.
        case Z_OK, Z_BUF_ERROR: break
        default:
            let text = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(result)"
            throw DriverError(operation: "gzip decompress", text: text)
        }
        return (input.count - Int(stream.pointee.avail_in), output.count - Int(stream.pointee.avail_out))
    }
}
