/// One line of RFC 4180.
enum CSVLine {
    private static let special = Set("\",\r\n".utf8)

    /// Appends the fields and CR LF. NULL is nothing at all, empty text is `""`, so the two can be told apart.
    static func append(_ fields: [String?], to text: inout [UInt8]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            guard let field else { continue }
            if field.isEmpty || field.utf8.contains(where: special.contains) {
                text.append(UInt8(ascii: "\""))
                for byte in field.utf8 {
                    if byte == UInt8(ascii: "\"") { text.append(byte) }
                    text.append(byte)
                }
                text.append(UInt8(ascii: "\""))
            } else {
                text += field.utf8
            }
        }
        text += "\r\n".utf8
    }
}
