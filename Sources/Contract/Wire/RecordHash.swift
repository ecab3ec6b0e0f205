/// The hash that the journal keeps of a record in the place of its values, where a whole table is written anew.
///
/// Over 64-bit words: `state = (state ^ word) * 0x9E3779B97F4A7C15; state ^= state >> 32`, from 0xCBF29CE484222325 on. For each
/// field in the order of the destination's fields: the word 0 for NULL; otherwise its number of bytes plus one, then its
/// canonical bytes as little-endian words, the last one filled with zeros.
public struct RecordHash: Sendable {
    /// In the journal's list of fields it stands behind the key, as 8 bytes, big-endian.
    public static let field = "#hash"

    public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    public init() {}

    /// Adds the next field; nil is NULL.
    public mutating func add(_ field: UnsafeRawBufferPointer?) {
        guard let field else { return mix(0) }
        mix(UInt64(field.count) + 1)
        var place = 0
        while place + 8 <= field.count {
            mix(UInt64(littleEndian: field.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
            place += 8
        }
        guard place < field.count else { return }
        var last: UInt64 = 0
        for (shift, byte) in field[place...].enumerated() { last |= UInt64(byte) << UInt64(8 * shift) }
        mix(last)
    }

    private mutating func mix(_ word: UInt64) {
        value = (value ^ word) &* 0x9E37_79B9_7F4A_7C15
        value ^= value >> 32
    }
}
