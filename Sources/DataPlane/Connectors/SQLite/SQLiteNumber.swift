/// What SQLite takes for a number when it applies a numeric affinity to text.
///
/// Source: sqlite.org/datatype3.html, section 3.3, and `sqlite3AtoF`.
enum SQLiteNumber {
    /// The number without the white space around it; nil when the text spells none.
    static func spelled(by bytes: UnsafeRawBufferPointer) -> String? {
        // Most text ends here: it begins with a letter.
        guard let first = bytes.first(where: { !isSpace($0) }), isDigit(first) || "+-.".utf8.contains(first)
        else { return nil }
        var rest = bytes.drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest = rest.dropLast() }
        let spelled = rest
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let digits = count(&rest)
        var decimals = 0
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            decimals = count(&rest)
        }
        guard digits + decimals > 0 else { return nil }
        if let exponent = rest.first, exponent | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard count(&rest) > 0 else { return nil }
        }
        return rest.isEmpty ? String(decoding: spelled, as: UTF8.self) : nil
    }

    /// Takes the digits at the front away and says how many there were.
    private static func count(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Int {
        let before = rest.count
        rest = rest.drop(while: isDigit)
        return before - rest.count
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
}
