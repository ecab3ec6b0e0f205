/// A 128-bit identifier (UUIDv7: 48 bits of Unix milliseconds, then random), never reused.
///
/// The phantom `Tag` keeps the ids of different things apart at compile time; see the aliases below.
public struct Identifier<Tag>: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new id for something that came to be at `milliseconds` since 1970.
    public static func make(milliseconds: UInt64) -> Self {
        var generator = SystemRandomNumberGenerator()
        return make(milliseconds: milliseconds, using: &generator)
    }

    /// The same with the caller's source of randomness, so that a simulation repeats.
    public static func make(
        milliseconds: UInt64,
        using generator: inout some RandomNumberGenerator
    ) -> Self {
        let random = generator.next()
        let high = (milliseconds << 16) | 0x7000 | (random & 0x0FFF)
        let low = (generator.next() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        return Self(high: high, low: low)
    }

    /// From exactly 16 bytes in network order; nil for any other length.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (position, byte) in bytes.enumerated() {
            if position < 8 {
                high = high << 8 | UInt64(byte)
            } else {
                low = low << 8 | UInt64(byte)
            }
        }
        self.init(high: high, low: low)
    }

    /// 16 bytes in network order.
    public var bytes: [UInt8] {
        (0..<16).map { index in
            let half = index < 8 ? high : low
            return UInt8(truncatingIfNeeded: half >> UInt64(8 * (7 - index % 8)))
        }
    }

    /// From the form 8-4-4-4-12, or 32 hexadecimal digits; nil for anything else.
    public init?(_ text: String) {
        let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
        guard digits.count == 32, text.utf8.count == 32 || text.utf8.count == 36 else { return nil }
        let characters = String(decoding: digits, as: UTF8.self)
        guard let high = UInt64(characters.prefix(16), radix: 16),
            let low = UInt64(characters.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    public var description: String {
        let digits = Self.padded(high) + Self.padded(low)
        var groups: [Substring] = []
        var start = digits.startIndex
        for length in [8, 4, 4, 4, 12] {
            let end = digits.index(start, offsetBy: length)
            groups.append(digits[start..<end])
            start = end
        }
        return groups.joined(separator: "-")
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    private static func padded(_ half: UInt64) -> String {
        let digits = String(half, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension Identifier: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(text) is not an id")
            )
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

public enum InstallationTag {}
public enum RunTag {}
public enum BatchTag {}
public enum AttemptTag {}
public enum WriteTag {}
public enum ProcessTag {}
public enum ErrandTag {}

/// One store; gate, fence and marker rows at destinations carry it.
public typealias InstallationID = Identifier<InstallationTag>
public typealias RunID = Identifier<RunTag>
public typealias BatchID = Identifier<BatchTag>
/// One (batch, incarnation) pair: the fencing token at the destination.
public typealias AttemptID = Identifier<AttemptTag>
/// One destination transaction of an attempt.
public typealias WriteID = Identifier<WriteTag>
/// One worker or supervisor process; its routing id.
public typealias Incarnation = Identifier<ProcessTag>
public typealias ErrandID = Identifier<ErrandTag>
