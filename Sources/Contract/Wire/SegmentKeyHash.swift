/// The hash by which a record's key is looked up among the segments of a run.
///
/// FNV-1a with 64 bits over each part of the key in the order of the key fields: a byte 0 for NULL; otherwise a byte 1, the
/// number of bytes (uint32, little-endian) and the canonical bytes. The two halves of the result, exclusive or, are the hash.
public struct SegmentKeyHash: Sendable {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    public init() {}

    /// Of a whole key.
    public static func of(_ key: [[UInt8]?]) -> UInt32 {
        var hash = SegmentKeyHash()
        for part in key {
            if let part {
                part.withUnsafeBytes { hash.add($0) }
            } else {
                hash.add(nil)
            }
        }
        return hash.value
    }

    /// Adds the next part of the key; nil is NULL.
    public mutating func add(_ part: UnsafeRawBufferPointer?) {
        guard let part else { return mix(0) }
        mix(1)
        let count = UInt32(truncatingIfNeeded: part.count)
        for shift in stride(from: 0, to: 32, by: 8) { mix(UInt8(truncatingIfNeeded: count >> shift)) }
        for byte in part { mix(byte) }
    }

    public var value: UInt32 {
        UInt32(truncatingIfNeeded: state ^ (state >> 32))
    }

    /// Whether `hashes` (uint32, little-endian, sorted: `WireSegmentHeader.keyHashes`) holds this one.
    public static func contains(_ hash: UInt32, in hashes: some RandomAccessCollection<UInt8>) -> Bool {
        func entry(_ index: Int) -> UInt32 {
            (0..<4).reduce(0) { value, byte in
                value | UInt32(hashes[hashes.index(hashes.startIndex, offsetBy: 4 * index + byte)]) << (8 * byte)
            }
        }
        var low = 0
        var high = hashes.count / 4
        while low < high {
            let middle = (low + high) / 2
            let found = entry(middle)
            if found == hash { return true }
            if found < hash { low = middle + 1 } else { high = middle }
        }
        return false
    }

    private mutating func mix(_ byte: UInt8) {
        state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
}
