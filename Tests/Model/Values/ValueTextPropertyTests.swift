import Model
import Testing

struct ValueTextPropertyTests {
    static let types: [ValueType] = [
        .bool, .int16, .int32, .int64, .float32, .float64, .numeric, .text, .bytes, .date, .time, .timestamp,
        .timestampWithZone, .interval, .uuid, .json, .jsonBinary, .foreign("inet"),
    ]

    @Test(arguments: types)
    func `random bytes are rendered, and where they are a value they read back`(type: ValueType) throws {
        for seed in 1...1_000 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let value = Self.bytes(for: type, using: &generator)
            var text: [UInt8] = []
            let isValid = value.withUnsafeBytes { ValueText.append($0, as: type, to: &text) }
            let shown = value.withUnsafeBytes { ValueText.render($0, as: type) }
            guard isValid else {
                #expect(shown == "<\(value.count) bytes, not \(type.withArticle)>", "seed \(seed)")
                #expect(text.isEmpty, "seed \(seed)")
                continue
            }
            // JSON is validated when it is read and never when it is shown.
            if type == .json || type == .jsonBinary { continue }
            var again: [UInt8] = []
            text.withUnsafeBytes { utf8 in
                #expect(throws: Never.self, "seed \(seed): \(shown)") {
                    try ValueText.parse(utf8, as: type, into: &again)
                }
            }
            if type == .numeric || type == .float32 || type == .float64 {
                // Zeros in front, a NaN with a payload: other bytes for the same number.
                #expect(again.withUnsafeBytes { ValueText.render($0, as: type) } == shown, "seed \(seed)")
            } else {
                #expect(again == value, "seed \(seed): \(shown)")
            }
        }
    }

    @Test(arguments: types)
    func `random text never crashes the reader`(type: ValueType) {
        let alphabet = Array("0123456789+-.:eETZz {}[]\"\\,xinfBCday\u{0}\u{FF}".utf8) + [0xC3, 0x80]
        for seed in 1...1_000 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let text = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            var value: [UInt8] = []
            do {
                try text.withUnsafeBytes { try ValueText.parse($0, as: type, into: &value) }
                #expect(value.withUnsafeBytes { !ValueText.render($0, as: type).hasPrefix("<") } || text.first == 60)
            } catch {
                #expect(value.isEmpty)
            }
        }
    }

    @Test func `every float reads back from its text`() throws {
        var generator = SeededGenerator(seed: 17)
        for _ in 0..<10_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            var bytes: [UInt8] = []
            BigEndian.append(value.bitPattern, to: &bytes)
            let text = bytes.withUnsafeBytes { ValueText.render($0, as: .float64) }
            #expect(Double(text) == value, "\(text)")
        }
    }

    private static func bytes(for type: ValueType, using generator: inout SeededGenerator) -> [UInt8] {
        let own: Int? =
            switch type {
            case .bool: 1
            case .int16: 2
            case .int32, .float32, .date: 4
            case .int64, .float64, .time, .timestamp, .timestampWithZone: 8
            case .interval, .uuid: 16
            default: nil
            }
        let isRegular = Int.random(in: 0..<8, using: &generator) > 0
        if type == .numeric, isRegular {
            let count = UInt8.random(in: 0...6, using: &generator)
            let sign: UInt8 = [0x00, 0x40, 0xC0, 0xD0, 0xF0].randomElement(using: &generator) ?? 0
            let weight: UInt8 = .random(in: 0...40, using: &generator)
            let high: UInt8 = Bool.random(using: &generator) ? 0 : 0xFF
            let head = [0, count, high, high == 0 ? weight : 255 - weight, sign, 0, 0, .random(in: 0...60)]
            return (0..<Int(count)).reduce(into: head) { bytes, _ in
                BigEndian.append(Int16.random(in: 0...10_000, using: &generator), to: &bytes)
            }
        }
        let count = (isRegular ? own : nil) ?? Int.random(in: 0...24, using: &generator)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}

/// The same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
