import Model

/// Canonical bytes in hexadecimal digits, as the tables of the tests have them.
func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex)
    return stride(from: 0, to: digits.count, by: 2).map { index in
        UInt8(String(digits[index...(index + 1)]), radix: 16) ?? 0
    }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}

func rendered(_ hex: String, _ type: ValueType) -> String {
    bytes(hex).withUnsafeBytes { ValueText.render($0, as: type) }
}

func parsed(_ text: String, _ type: ValueType) throws(ValueError) -> String {
    var result: [UInt8] = []
    try ValueText.parse(text, as: type, into: &result)
    return hex(result)
}
