/// Values between their canonical bytes and PostgreSQL's text form of them (ISO dates, UTC, hexadecimal bytes).
///
/// What `render` makes of a valid value `parse` reads back to the same bytes. `parse` accepts a little more: white space at the
/// ends, ISO 8601 `T` and `Z`, every spelling of a Boolean that PostgreSQL knows.
///
/// Source: PostgreSQL 15 documentation, chapter 8 "Data Types", and the output of its `…out` functions.
public enum ValueText {
    /// The text form. Bytes that are no value of the type are named as such: `<3 bytes, not an int64>`.
    public static func render(_ bytes: UnsafeRawBufferPointer, as type: ValueType) -> String {
        var text: [UInt8] = []
        guard append(bytes, as: type, to: &text) else {
            return "<\(bytes.count) bytes, not \(type.withArticle)>"
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the text form as UTF-8.
    ///
    /// - Returns: false, with nothing appended, for bytes that are no value of the type. Text is not checked to be UTF-8.
    public static func append(
        _ bytes: UnsafeRawBufferPointer,
        as type: ValueType,
        to text: inout [UInt8]
    ) -> Bool {
        let mark = text.count
        let isValid =
            switch type {
            case .bool: appendBool(bytes, to: &text)
            case .int16: appendInteger(Int16.self, bytes, to: &text)
            case .int32: appendInteger(Int32.self, bytes, to: &text)
            case .int64: appendInteger(Int64.self, bytes, to: &text)
            case .float32: appendFloat32(bytes, to: &text)
            case .float64: appendFloat64(bytes, to: &text)
            case .numeric: appendNumeric(bytes, to: &text)
            case .text, .json, .foreign: appendText(bytes, to: &text)
            case .bytes: appendHex(bytes, to: &text)
            case .date: appendDate(bytes, to: &text)
            case .time: appendTime(bytes, to: &text)
            case .timestamp: appendTimestamp(bytes, zone: "", to: &text)
            case .timestampWithZone: appendTimestamp(bytes, zone: "+00", to: &text)
            case .interval: appendInterval(bytes, to: &text)
            case .uuid: appendUUID(bytes, to: &text)
            case .jsonBinary: appendJSONBinary(bytes, to: &text)
            }
        if !isValid { text.removeLast(text.count - mark) }
        return isValid
    }

    /// Appends the canonical bytes of the value that `text` spells.
    ///
    /// - Throws: `ValueError`, with nothing appended, when the text spells no value of the type.
    public static func parse(
        _ text: String,
        as type: ValueType,
        into bytes: inout [UInt8]
    ) throws(ValueError) {
        var text = text
        let error: ValueError? = text.withUTF8 { utf8 in
            do throws(ValueError) {
                try parse(UnsafeRawBufferPointer(utf8), as: type, into: &bytes)
                return nil
            } catch {
                return error
            }
        }
        if let error { throw error }
    }

    /// The same for text that is already at hand as UTF-8.
    public static func parse(
        _ text: UnsafeRawBufferPointer,
        as type: ValueType,
        into bytes: inout [UInt8]
    ) throws(ValueError) {
        let mark = bytes.count
        do throws(Refusal) {
            try parseUnnamed(text, as: type, into: &bytes)
        } catch {
            bytes.removeLast(bytes.count - mark)
            throw ValueError(type: type, text: shortened(text), reason: error.reason)
        }
    }

    static func parseUnnamed(
        _ text: UnsafeRawBufferPointer,
        as type: ValueType,
        into bytes: inout [UInt8]
    ) throws(Refusal) {
        switch type {
        case .bool: try parseBool(text, into: &bytes)
        case .int16: try parseInteger(Int16.self, text, into: &bytes)
        case .int32: try parseInteger(Int32.self, text, into: &bytes)
        case .int64: try parseInteger(Int64.self, text, into: &bytes)
        case .float32: try parseFloat32(text, into: &bytes)
        case .float64: try parseFloat64(text, into: &bytes)
        case .numeric: try parseNumeric(text, into: &bytes)
        case .text, .foreign: bytes.append(contentsOf: text)
        case .bytes: try parseBytes(text, into: &bytes)
        case .date: try parseDate(text, into: &bytes)
        case .time: try parseTime(text, into: &bytes)
        case .timestamp, .timestampWithZone: try parseTimestamp(text, into: &bytes)
        case .interval: try parseInterval(text, into: &bytes)
        case .uuid: try parseUUID(text, into: &bytes)
        case .json:
            try JSONSyntax.check(text, isBinary: false)
            bytes.append(contentsOf: text)
        case .jsonBinary:
            try JSONSyntax.check(text, isBinary: true)
            bytes.append(1)
            bytes.append(contentsOf: text)
        }
    }

    /// Enough of the text for an error, without copying a large value.
    static func shortened(_ text: UnsafeRawBufferPointer) -> String {
        let whole = String(decoding: text.prefix(4 * ValueError.textMax + 4), as: UTF8.self)
        return text.count > 4 * ValueError.textMax + 4
            ? whole.prefix(ValueError.textMax - 1) + "…"
            : whole
    }

    private static func appendText(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) -> Bool {
        text.append(contentsOf: bytes)
        return true
    }

    private static func appendJSONBinary(
        _ bytes: UnsafeRawBufferPointer,
        to text: inout [UInt8]
    ) -> Bool {
        guard bytes.first == 1 else { return false }
        text.append(contentsOf: bytes.dropFirst())
        return true
    }
}
