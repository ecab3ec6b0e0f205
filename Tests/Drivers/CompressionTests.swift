import Drivers
import Testing

@Suite struct CompressionTests {
    enum Kind: CaseIterable {
        case gzip
        case zstd

        func compress(_ bytes: [UInt8]) throws -> [UInt8] {
            self == .gzip ? try Gzip.compress(bytes) : try Zstd.compress(bytes)
        }

        func decompressor() throws -> any Decompressor {
            self == .gzip ? try GzipDecompressor() : try ZstdDecompressor()
        }
    }

    /// Feeds `input` in pieces into rooms of another size.
    private func decompress(_ input: [UInt8], _ decompressor: any Decompressor, piece: Int, room: Int) throws -> [UInt8]
    {
        var result: [UInt8] = []
        var output = [UInt8](repeating: 0, count: room)
        var place = 0
        while true {
            let end = min(place + piece, input.count)
            let (consumed, produced) = try input.withUnsafeBytes { input in
                try output.withUnsafeMutableBytes { output in
                    try decompressor.decompress(UnsafeRawBufferPointer(rebasing: input[place..<end]), into: output)
                }
            }
            place += consumed
            result += output[..<produced]
            if consumed == 0, produced == 0, place == input.count { return result }
        }
    }

    @Test(arguments: Kind.allCases, [(1, 7), (7, 1), (100_000, 100_000)])
    func `frames one after another come out whole, in any pieces`(_ kind: Kind, _ sizes: (Int, Int)) throws {
        let first = Array("the first frame ".utf8)
        let second = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 * $0) }
        let input = try kind.compress(first) + kind.compress([]) + kind.compress(second)
        let decompressor = try kind.decompressor()
        #expect(decompressor.isBetweenFrames)
        #expect(try decompress(input, decompressor, piece: sizes.0, room: sizes.1) == first + second)
        #expect(decompressor.isBetweenFrames)
    }

    @Test(arguments: Kind.allCases)
    func `what is cut off ends within a frame, and what is no frame is refused`(_ kind: Kind) throws {
        let whole = try kind.compress(Array("something to be cut off".utf8))
        let decompressor = try kind.decompressor()
        _ = try decompress(Array(whole.dropLast(3)), decompressor, piece: 100, room: 100)
        #expect(!decompressor.isBetweenFrames)
        #expect(throws: DriverError.self) {
            _ = try decompress(whole + Array("garbage".utf8), try kind.decompressor(), piece: 100, room: 100)
        }
    }
}
