/// Byte strings and UUIDs in hexadecimal digits.
extension ValueText {
    private static let digits = Array("0123456789abcdef".utf8)

    private static func appendHex(_ byte: UInt8, to text: inout [UInt8]) {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }

    static func appendHex(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) -> Bool {
        text.reserveCapacity(text.count + 2 + 2 * bytes.count)
        text.append(contentsOf: "\\x".utf8)
        for byte in bytes { appendHex(byte, to: &text) }
        return true
    }

    static func appendUUID(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) -> Bool {
        guard bytes.count == 16 else { return false }
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            appendHex(byte, to: &text)
        }
        return true
    }

    /// `\x` and pairs of hexadecimal digits; or the older form, where `\\` is a backslash and `\ooo` a byte in octal.
    static func parseBytes(_ text: UnsafeRawBufferPointer, into bytes: inout [UInt8]) throws(Refusal) {
        let backslash = UInt8(ascii: "\\")
        if text.count >= 2, text[0] == backslash, text[1] == UInt8(ascii: "x") {
            return try parseHex(UnsafeRawBufferPointer(rebasing: text[2...]), into: &bytes)
        }
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte != backslash {
                bytes.append(byte)
                index += 1
            } else if index + 1 < text.count, text[index + 1] == backslash {
                bytes.append(backslash)
                index += 2
            } else {
                let octal = text[index...].dropFirst().prefix(3)
                guard octal.count == 3, octal.allSatisfy({ (48...55).contains($0) }),
                    let first = octal.first, first <= 51
                else {
                    throw Refusal("\"\\\" at byte \(index + 1) begins neither \\\\ nor three octal digits")
                }
                bytes.append(octal.reduce(0) { $0 << 3 | ($1 & 7) })
                index += 4
            }
        }
    }

    private static func parseHex(_ text: UnsafeRawBufferPointer, into bytes: inout [UInt8]) throws(Refusal) {
        var high: UInt8?
        for (index, byte) in text.enumerated() {
            if high == nil, TextScanner.isSpace(byte) { continue }
            guard let value = TextScanner.hexValue(byte) else {
                throw Refusal("a hexadecimal digit is expected at byte \(index + 3)")
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        guard high == nil else { throw Refusal("an odd number of hexadecimal digits") }
    }

    /// 32 hexadecimal digits, with `-` behind any group of four, in braces or not.
    static func parseUUID(_ text: UnsafeRawBufferPointer, into bytes: inout [UInt8]) throws(Refusal) {
        var scanner = TextScanner(text)
        let hasBrace = scanner.take("{")
        for index in 0..<16 {
            var byte: UInt8 = 0
            for _ in 0..<2 {
                guard let next = scanner.next, let value = TextScanner.hexValue(next) else {
                    throw scanner.unexpected(instead: "a hexadecimal digit")
                }
                byte = byte << 4 | value
                scanner.advance()
            }
            bytes.append(byte)
            if index % 2 == 1, index < 15 { _ = scanner.take("-") }
        }
        if hasBrace, !scanner.take("}") { throw scanner.unexpected(instead: "\"}\"") }
        try scanner.expectEnd()
    }
}
