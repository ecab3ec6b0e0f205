#if canImport(Glibc)
import Glibc
#endif

/// Finds where a record ends.
///
/// JSON Lines: at the end of the line. CSV: at the end of the line that is not within quotes. A quote opens a field only
/// at its start; elsewhere it is a character like others. A record whose quoting is wrong (text behind a closing quote, a
/// quote that is never closed) ends with the line on which it begins, and reading goes on with the next line: one stray
/// quote does not swallow the rest of the file.
struct RecordSplitter: Sendable {
    /// A longer record is rejected.
    static let bytesMax = 8 << 20

    /// nil: JSON Lines.
    let dialect: CSVDialect?

    enum End {
        /// - content: bytes of the record without its line end; whole: with it.
        case found(content: Int, whole: Int, lines: Int, hasQuotes: Bool, fault: String?)
        /// It ends behind the bytes at hand.
        case needsMore
        /// Its first line is longer than a record may be.
        case tooLong
    }

    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// - Parameters:
    ///   - bytes: from the beginning of the record.
    ///   - isLast: the file ends with them.
    func end(of bytes: UnsafeRawBufferPointer, isLast: Bool) -> End {
        let newline = Self.find(Self.newline, in: bytes)
        guard newline != nil || isLast else {
            return bytes.count > Self.bytesMax ? .tooLong : .needsMore
        }
        let lineEnd = newline ?? bytes.count
        guard lineEnd <= Self.bytesMax else { return .tooLong }
        let line = UnsafeRawBufferPointer(rebasing: bytes[..<lineEnd])
        guard let dialect, let quote = dialect.quote, Self.find(quote, in: line) != nil else {
            return found(bytes, upTo: lineEnd, lines: 1, hasQuotes: false)
        }
        switch quotedEnd(of: bytes, dialect.delimiter, quote) {
        case .at(let end, let lines):
            return found(bytes, upTo: end, lines: lines, hasQuotes: true)
        case .open(let field):
            guard isLast || bytes.count > Self.bytesMax else { return .needsMore }
            let fault = "the quote that opens field \(field) is not closed"
            return found(bytes, upTo: lineEnd, lines: 1, hasQuotes: true, fault: fault)
        case .unfinished:
            guard isLast else { return .needsMore }
            return found(bytes, upTo: bytes.count, lines: lines(in: bytes), hasQuotes: true)
        case .malformed(let field):
            let fault = "field \(field) goes on behind its closing quote"
            return found(bytes, upTo: lineEnd, lines: 1, hasQuotes: true, fault: fault)
        }
    }

    private enum QuotedEnd {
        /// Of the line end behind the record.
        case at(Int, lines: Int)
        /// The bytes end within quotes.
        case open(field: Int)
        /// The bytes end without the end of the line, outside of quotes.
        case unfinished
        case malformed(field: Int)
    }

    private func quotedEnd(of bytes: UnsafeRawBufferPointer, _ delimiter: UInt8, _ quote: UInt8) -> QuotedEnd {
        var place = 0
        var field = 1
        var lines = 1
        while place < bytes.count {
            if bytes[place] == quote {
                place += 1
                while true {
                    guard place < bytes.count else { return .open(field: field) }
                    let byte = bytes[place]
                    place += 1
                    if byte == Self.newline { lines += 1 }
                    guard byte == quote else { continue }
                    guard place < bytes.count, bytes[place] == quote else { break }
                    place += 1
                }
                if place < bytes.count, bytes[place] == Self.carriageReturn {
                    guard place + 1 < bytes.count else { return .unfinished }
                    if bytes[place + 1] == Self.newline { place += 1 }
                }
                guard place < bytes.count else { return .unfinished }
                guard bytes[place] == delimiter || bytes[place] == Self.newline else { return .malformed(field: field) }
            } else {
                while place < bytes.count, bytes[place] != delimiter, bytes[place] != Self.newline { place += 1 }
            }
            guard place < bytes.count else { return .unfinished }
            if bytes[place] == Self.newline { return .at(place, lines: lines) }
            place += 1
            field += 1
        }
        return .unfinished
    }

    private func found(
        _ bytes: UnsafeRawBufferPointer,
        upTo end: Int,
        lines: Int,
        hasQuotes: Bool,
        fault: String? = nil
    ) -> End {
        let content = end > 0 && bytes[end - 1] == Self.carriageReturn ? end - 1 : end
        let whole = end < bytes.count ? end + 1 : end
        return .found(content: content, whole: whole, lines: lines, hasQuotes: hasQuotes, fault: fault)
    }

    private func lines(in bytes: UnsafeRawBufferPointer) -> Int {
        bytes.reduce(1) { $1 == Self.newline ? $0 + 1 : $0 }
    }

    static func find(_ byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress, let found = memchr(base, Int32(byte), bytes.count) else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
