internal import CSodium

/// BLAKE2b with 16-byte digests: the digest of an intent, the hash of a key.
///
/// Source: RFC 7693, as libsodium's `crypto_generichash` without a key.
public enum Hash {
    public static let digestBytes = 16

    /// The digest of `bytes`.
    public static func digest(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var stream = HashStream()
        stream.update(bytes)
        return stream.finish()
    }
}

/// A digest over bytes that come in pieces; how they were cut does not matter.
public struct HashStream: ~Copyable {
    private let memory: UnsafeMutableRawPointer
    private var state: OpaquePointer { OpaquePointer(memory) }

    public init() {
        memory = .allocate(byteCount: crypto_generichash_statebytes(), alignment: 64)
        // Cannot fail: no key, and the digest's size is within bounds.
        _ = crypto_generichash_init(state, nil, 0, Hash.digestBytes)
    }

    deinit {
        memory.deallocate()
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        _ = crypto_generichash_update(
            state,
            base.assumingMemoryBound(to: UInt8.self),
            UInt64(bytes.count)
        )
    }

    public mutating func update(_ bytes: some Collection<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
        if done == nil {
            Array(bytes).withUnsafeBytes { update($0) }
        }
    }

    /// Adds the length (8 bytes, little-endian) before the bytes, so that two neighbours cannot be told apart wrongly.
    public mutating func update(delimited bytes: some Collection<UInt8>) {
        withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { update($0) }
        update(bytes)
    }

    /// The 16 bytes.
    public consuming func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Hash.digestBytes) { buffer, count in
            if let base = buffer.baseAddress {
                _ = crypto_generichash_final(state, base, Hash.digestBytes)
            }
            count = Hash.digestBytes
        }
    }
}
