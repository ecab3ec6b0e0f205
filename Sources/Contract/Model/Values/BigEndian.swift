/// Integers in network byte order, as the canonical encodings of `ValueType` hold them.
public enum BigEndian {
    /// The integer at `offset`; the caller has checked that the bytes are there.
    @inlinable
    public static func load<Integer: FixedWidthInteger>(
        _ type: Integer.Type = Integer.self,
        from bytes: UnsafeRawBufferPointer,
        at offset: Int = 0
    ) -> Integer {
        Integer(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    @inlinable
    public static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
