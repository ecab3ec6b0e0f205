import Model

/// Makes records of a file out of rows.
protocol RowEncoder {
    /// What every file begins with.
    var head: [UInt8] { get }

    /// Appends the record.
    ///
    /// - Returns: why it cannot be one; what was appended until then is to be taken back.
    func append(_ row: Int, of rows: RowBatch, to file: inout [UInt8]) -> Rejection?
}

extension RowEncoder {
    func misfit(_ field: TargetField, _ reason: String) -> Rejection {
        Rejection(code: "invalid_value", field: field.name, reason: reason)
    }
}

/// RFC 4180, with lines that end in LF. A text that is the one for NULL is quoted, so that the two stay apart.
struct CSVEncoder: RowEncoder {
    let fields: [TargetField]
    let dialect: CSVDialect
    let hasHeader: Bool

    var head: [UInt8] {
        guard hasHeader else { return [] }
        var line: [UInt8] = []
        for (place, field) in fields.enumerated() {
            if place > 0 { line.append(dialect.delimiter) }
            _ = append(Array(field.name.utf8), to: &line)
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    func append(_ row: Int, of rows: RowBatch, to file: inout [UInt8]) -> Rejection? {
        for (place, field) in fields.enumerated() {
            if place > 0 { file.append(dialect.delimiter) }
            let rejection = rows.withField(row: row, column: place) { value -> Rejection? in
                guard let value else {
                    file.append(contentsOf: dialect.null)
                    return nil
                }
                guard let text = FieldText.text(of: value, field.type) else {
                    return misfit(field, "\(value.count) bytes that are not \(field.type.withArticle) in UTF-8")
                }
                guard append(text, to: &file) else {
                    return misfit(field, "it would have to be quoted, and the connection says quote: none")
                }
                return nil
            }
            if let rejection { return rejection }
        }
        file.append(UInt8(ascii: "\n"))
        return nil
    }

    /// - Returns: false for a text that needs quotes where there are none.
    private func append(_ text: [UInt8], to file: inout [UInt8]) -> Bool {
        let needsQuotes =
            text == dialect.null
            || text.contains { $0 == dialect.delimiter || $0 == dialect.quote || $0 == 10 || $0 == 13 }
        guard needsQuotes else {
            file.append(contentsOf: text)
            return true
        }
        guard let quote = dialect.quote else { return false }
        file.append(quote)
        for byte in text {
            if byte == quote { file.append(quote) }
            file.append(byte)
        }
        file.append(quote)
        return true
    }
}

/// One JSON object on each line, NULL as null.
///
/// Booleans and numbers are JSON's own (NaN and the infinities are strings, JSON has no numbers for them), `json` and `jsonb`
/// stand as they are, everything else is a string in its text form.
struct JSONLEncoder: RowEncoder {
    private let fields: [TargetField]
    /// `"name":` with what separates it from the member before.
    private let names: [[UInt8]]

    let head: [UInt8] = []

    init(fields: [TargetField]) {
        self.fields = fields
        names = fields.enumerated().map { place, field in
            var name: [UInt8] = [place == 0 ? UInt8(ascii: "{") : UInt8(ascii: ",")]
            Self.append(Array(field.name.utf8), to: &name)
            name.append(UInt8(ascii: ":"))
            return name
        }
    }

    func append(_ row: Int, of rows: RowBatch, to file: inout [UInt8]) -> Rejection? {
        for (place, field) in fields.enumerated() {
            file.append(contentsOf: names[place])
            let isThere = rows.withField(row: row, column: place) { value -> Bool in
                guard let value else {
                    file.append(contentsOf: "null".utf8)
                    return true
                }
                guard let text = FieldText.text(of: value, field.type) else { return false }
                switch field.type {
                case .bool, .int16, .int32, .int64: file.append(contentsOf: text)
                case let type where type.isFractional && (text.last.map { (48...57).contains($0) } ?? false):
                    file.append(contentsOf: text)
                case .json, .jsonBinary:
                    // Between its tokens only: within strings they are escaped.
                    for byte in text { file.append(byte == 10 || byte == 13 ? 32 : byte) }
                default: Self.append(text, to: &file)
                }
                return true
            }
            guard isThere else { return misfit(field, "its bytes are not \(field.type.withArticle) in UTF-8") }
        }
        file.append(contentsOf: "}\n".utf8)
        return nil
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func append(_ text: [UInt8], to file: inout [UInt8]) {
        file.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): file += [UInt8(ascii: "\\"), byte]
            case 10: file += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 13: file += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            case 9: file += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            case 0..<32:
                file += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: file.append(byte)
            }
        }
        file.append(UInt8(ascii: "\""))
    }
}

extension ValueType {
    /// Its values are numbers, NaN or infinities.
    fileprivate var isFractional: Bool { self == .float32 || self == .float64 || self == .numeric }
}

enum FieldText {
    /// The text form of a value, `true` and `false` for a Boolean; nil for bytes that are none of its type or not UTF-8.
    static func text(of value: UnsafeRawBufferPointer, _ type: ValueType) -> [UInt8]? {
        if type == .bool {
            guard value.count == 1, value[0] < 2 else { return nil }
            return Array((value[0] == 1 ? "true" : "false").utf8)
        }
        var text: [UInt8] = []
        guard ValueText.append(value, as: type, to: &text) else { return nil }
        switch type {
        case .text, .json, .jsonBinary, .foreign: return text.withUnsafeBytes(UTF8Check.isValid) ? text : nil
        default: return text
        }
    }
}
