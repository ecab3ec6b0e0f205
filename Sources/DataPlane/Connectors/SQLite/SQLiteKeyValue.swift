import Drivers
import Model

/// One value of a key as it stands in a `KeyRange`: text that keeps the storage class, because SQLite orders by it.
///
/// An integer is its digits, a real has a point or an exponent, text is `'text'` with nothing escaped, blobs are
/// `x'hex'`, and text that is not UTF-8 `t'hex'`.
enum SQLiteKeyValue {
    /// - Returns: nil for NULL, which orders no records.
    static func text(of value: SQLiteValue) -> String? {
        switch value {
        case .null:
            return nil
        case .integer(let integer):
            return String(integer)
        case .real(let real):
            return String(real)
        case .text(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else { return "t'\(hex(bytes))'" }
            return "'\(text)'"
        case .blob(let bytes):
            return "x'\(hex(bytes))'"
        }
    }

    /// Binds the value that the text stands for.
    ///
    /// - Throws: `invalid` for text that `text(of:)` never makes.
    static func bind(_ text: String, to statement: SQLiteStatement, at parameter: Int) throws {
        if let integer = Int64(text) {
            try statement.bind(.integer(integer), at: parameter)
        } else if text.hasPrefix("'"), text.hasSuffix("'"), text.utf8.count >= 2 {
            try statement.bind(String(text.dropFirst().dropLast()), at: parameter)
        } else if text.hasPrefix("x'") || text.hasPrefix("t'"), let bytes = bytes(text.dropFirst(2).dropLast()) {
            try bytes.withUnsafeBytes { lent in
                let value = text.hasPrefix("x'") ? SQLiteValue.blob(lent) : .text(lent)
                try statement.bind(value, at: parameter, copying: true)
            }
        } else if let real = Double(text) {
            try statement.bind(.real(real), at: parameter)
        } else {
            throw SluiceError(.invalid, "key bound \"\(text)\" is none of an SQLite source")
        }
    }

    private static func hex(_ bytes: UnsafeRawBufferPointer) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func bytes(_ hex: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = hex
        while !rest.isEmpty {
            guard rest.count >= 2, let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
