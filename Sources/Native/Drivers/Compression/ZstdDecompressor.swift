internal import CZstd

/// zstd, frame after frame. Frames that need a window of more than 128 MiB are refused.
public final class ZstdDecompressor: Decompressor {
    private let stream: OpaquePointer
    public private(set) var isBetweenFrames = true

    public init() throws {
        guard let stream = ZSTD_createDStream() else {
            throw DriverError(operation: "zstd decompress", text: "out of memory")
        }
        self.stream = stream
    }

    deinit {
        ZSTD_freeDStream(stream)
    }

    public func decompress(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws -> (consumed: Int, produced: Int) {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        if isBetweenFrames, input.isEmpty { return (0, 0) }
        let result = ZSTD_decompressStream(stream, &target, &source)
        guard ZSTD_isError(result) == 0 else {
            throw DriverError(operation: "zstd decompress", text: String(cString: ZSTD_getErrorName(result)))
        }
        isBetweenFrames = result == 0
        return (source.pos, target.pos)
    }
}
