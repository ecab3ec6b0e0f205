import Drivers
import Testing

@Suite struct BytesTests {
    @Test func `a digest is BLAKE2b of 16 bytes`() {
        // Source: b2sum -l 128, of the empty input and of "abc".
        #expect(hex(Hash.digest([])) == "cae66941d9efbd404e4d88758ea67670")
        #expect(hex(Hash.digest(Array("abc".utf8))) == "cf4ab791c62b8d2b2109c90275287816")
    }

    @Test func `how the input is cut does not change a digest, delimiting does`() {
        #expect(digest(["a", "bc"]) { $0.update($1.utf8) } == Hash.digest("abc".utf8))
        #expect(
            digest(["a", "bc"]) { $0.update(delimited: $1.utf8) }
                != digest(["ab", "c"]) { $0.update(delimited: $1.utf8) }
        )
    }

    private func digest(
        _ pieces: [String],
        _ add: (inout HashStream, String) -> Void
    ) -> [UInt8] {
        var stream = HashStream()
        for piece in pieces { add(&stream, piece) }
        return stream.finish()
    }

    @Test(arguments: [0, 1, 5_000, 1 << 20])
    func `what is compressed comes back`(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let frame = try Zstd.compress(bytes)
        #expect(try Zstd.decompress(frame, limit: count) == bytes)
    }

    @Test func `a frame that claims too much, is cut off or is none is refused`() throws {
        let frame = try Zstd.compress([UInt8](repeating: 1, count: 10_000))
        let error = #expect(throws: DriverError.self) { try Zstd.decompress(frame, limit: 9_999) }
        #expect(error?.text == "the content is 10000 bytes, allowed are 9999")
        #expect(throws: DriverError.self) {
            try Zstd.decompress(Array(frame.dropLast()), limit: 10_000)
        }
        #expect(throws: DriverError.self) { try Zstd.decompress([1, 2, 3], limit: 10_000) }
    }

    @Test func `the clocks go forward`() {
        let boot = SystemClock.bootNanoseconds()
        #expect(SystemClock.bootNanoseconds() > boot)
        #expect(SystemClock.wallMicroseconds() > 1_700_000_000_000_000)
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
    }
}
