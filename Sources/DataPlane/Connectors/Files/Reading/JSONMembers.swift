import Model

/// Walks through the members of an object whose syntax has been checked.
enum JSONMembers {
    /// Lends the name (between its quotes, still escaped) and the value of each member.
    static func forEach(
        in object: UnsafeRawBufferPointer,
        _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
    ) {
        var walker = Walker(bytes: object)
        walker.skip(to: UInt8(ascii: "{"))
        walker.skipBlanks()
        while walker.place < object.count, object[walker.place] == UInt8(ascii: "\"") {
            let name = walker.takeValue()
            walker.skip(to: UInt8(ascii: ":"))
            walker.skipBlanks()
            let value = walker.takeValue()
            body(UnsafeRawBufferPointer(rebasing: name.dropFirst().dropLast()), value)
            walker.skipBlanks()
            walker.place += 1
            walker.skipBlanks()
        }
    }

    /// Appends the text that a string's inside stands for.
    ///
    /// - Returns: false for half of a surrogate pair, which no UTF-8 can say.
    static func unescape(_ raw: UnsafeRawBufferPointer, into text: inout [UInt8]) -> Bool {
        var place = 0
        while place < raw.count {
            guard raw[place] == UInt8(ascii: "\\") else {
                text.append(raw[place])
                place += 1
                continue
            }
            let escape = raw[place + 1]
            place += 2
            switch escape {
            case UInt8(ascii: "b"): text.append(8)
            case UInt8(ascii: "f"): text.append(12)
            case UInt8(ascii: "n"): text.append(10)
            case UInt8(ascii: "r"): text.append(13)
            case UInt8(ascii: "t"): text.append(9)
            case UInt8(ascii: "u"):
                var scalar = unit(raw, at: place)
                place += 4
                if (0xD800...0xDBFF).contains(scalar) {
                    guard place + 6 <= raw.count, raw[place] == UInt8(ascii: "\\"),
                        raw[place + 1] == UInt8(ascii: "u"),
                        case let low = unit(raw, at: place + 2), (0xDC00...0xDFFF).contains(low)
                    else { return false }
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
                    place += 6
                }
                guard let valid = Unicode.Scalar(scalar) else { return false }
                text.append(contentsOf: UTF8.encode(valid) ?? UTF8.encodedReplacementCharacter)
            default: text.append(escape)
            }
        }
        return true
    }

    private static func unit(_ raw: UnsafeRawBufferPointer, at place: Int) -> UInt32 {
        raw[place..<(place + 4)].reduce(0) { value, digit in
            let number =
                switch digit {
                case 48...57: digit - 48
                case 65...70: digit - 55
                default: digit - 87
                }
            return value << 4 | UInt32(number)
        }
    }

    private struct Walker {
        let bytes: UnsafeRawBufferPointer
        var place = 0

        mutating func skip(to byte: UInt8) {
            while bytes[place] != byte { place += 1 }
            place += 1
        }

        mutating func skipBlanks() {
            while place < bytes.count, [32, 9, 10, 13].contains(bytes[place]) { place += 1 }
        }

        /// The value that begins here; the place is behind it then.
        mutating func takeValue() -> UnsafeRawBufferPointer {
            let start = place
            var depth = 0
            repeat {
                switch bytes[place] {
                case UInt8(ascii: "\""):
                    place += 1
                    while bytes[place] != UInt8(ascii: "\"") {
                        place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
                    }
                    place += 1
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    place += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    place += 1
                default:
                    place += 1
                    guard depth == 0 else { continue }
                    // A number or a word: up to what may stand behind it.
                    while place < bytes.count, ![32, 9, 10, 13, 44, 93, 125].contains(bytes[place]) { place += 1 }
                }
            } while depth > 0
            return UnsafeRawBufferPointer(rebasing: bytes[start..<place])
        }
    }
}

/// What a JSON value is.
enum JSONKind: Hashable {
    case null
    case bool
    /// A number without fraction and exponent that 64 bits hold.
    case integer
    case number
    case string
    /// An object or an array.
    case container

    init(of value: UnsafeRawBufferPointer) {
        switch value.first {
        case UInt8(ascii: "n"): self = .null
        case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .bool
        case UInt8(ascii: "\""): self = .string
        case UInt8(ascii: "{"), UInt8(ascii: "["): self = .container
        default: self = Int64(String(decoding: value, as: UTF8.self)) == nil ? .number : .integer
        }
    }
}
