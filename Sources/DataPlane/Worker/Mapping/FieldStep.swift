import Connectors
import Model

/// One transform of a field's value: from its place to the place of the result. Never sees NULL.
typealias FieldStep = @Sendable (FieldPlace, inout FieldArena) throws(ValueError) -> FieldPlace

enum FieldSteps {
    static func cast(_ cast: ValueCast) -> FieldStep {
        { place, arena throws(ValueError) in try arena.convert(place, by: cast) }
    }

    /// Takes ASCII white space from both ends; shares the bytes that stay.
    static let trim: FieldStep = { place, arena throws(ValueError) in
        arena.withBytes(at: place) { bytes in
            var start = 0
            var end = bytes.count
            while start < end, isSpace(bytes[start]) { start += 1 }
            while end > start, isSpace(bytes[end - 1]) { end -= 1 }
            return FieldPlace(start: place.start + UInt32(start), length: Int32(end - start))
        }
    }

    /// Shares the bytes of text that has its case already.
    static func letterCase(_ wanted: LetterCase) -> FieldStep {
        let others: ClosedRange<UInt8> = wanted == .lower ? 65...90 : 97...122
        return { place, arena throws(ValueError) in
            let (isASCII, isDone) = arena.withBytes(at: place) { bytes in
                bytes.reduce(into: (true, true)) { found, byte in
                    if byte >= 0x80 { found.0 = false }
                    if others.contains(byte) { found.1 = false }
                }
            }
            if isASCII, isDone { return place }
            guard isASCII else {
                return arena.rewrite(place) { bytes, result in
                    let text = String(decoding: bytes, as: UTF8.self)
                    result.append(contentsOf: (wanted == .lower ? text.lowercased() : text.uppercased()).utf8)
                }
            }
            return arena.rewrite(place) { bytes, result in
                for byte in bytes { result.append(others.contains(byte) ? byte ^ 0x20 : byte) }
            }
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 32 || (9...13).contains(byte)
    }
}
