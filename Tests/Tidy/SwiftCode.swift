import Foundation

/// Swift source without comments and without the text of string literals, line by line as it was.
///
/// Code inside an interpolation stays. Raw strings count as text to their end.
struct SwiftCode {
    let lines: [Substring]

    init(_ source: String) {
        var scanner = Scanner(bytes: Array(source.utf8))
        scanner.code(until: nil)
        lines = String(decoding: scanner.kept, as: UTF8.self).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )[...].map { $0 }
    }

    /// Numbers (from 1) of the lines that hold `word`, not as a part of a longer name.
    func lines(holding word: String) -> [Int] {
        lines.indices.filter { lines[$0].containsWord(word) }.map { $0 + 1 }
    }

    private struct Scanner {
        let bytes: [UInt8]
        var at = 0
        var kept: [UInt8] = []

        /// Copies code up to an unmatched `)` where `until` asks for one, else to the end.
        mutating func code(until closing: UInt8?) {
            var depth = 0
            while at < bytes.count {
                switch bytes[at] {
                case UInt8(ascii: "/") where starts("//"):
                    while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { at += 1 }
                    continue
                case UInt8(ascii: "/") where starts("/*"):
                    comment()
                    continue
                case UInt8(ascii: "#") where starts("#\""):
                    text(opening: 2, closing: "\"#", interpolates: false)
                    continue
                case UInt8(ascii: "\"") where starts("\"\"\""):
                    text(opening: 3, closing: "\"\"\"", interpolates: true)
                    continue
                case UInt8(ascii: "\""):
                    text(opening: 1, closing: "\"", interpolates: true)
                    continue
                case UInt8(ascii: "("):
                    depth += 1
                case UInt8(ascii: ")"):
                    if depth == 0, closing != nil { return }
                    depth -= 1
                default:
                    break
                }
                kept.append(bytes[at])
                at += 1
            }
        }

        private mutating func comment() {
            var depth = 0
            repeat {
                if starts("/*") {
                    depth += 1
                    at += 2
                } else if starts("*/") {
                    depth -= 1
                    at += 2
                } else {
                    skip()
                }
            } while depth > 0 && at < bytes.count
        }

        private mutating func text(opening: Int, closing: String, interpolates: Bool) {
            kept.append(UInt8(ascii: "\""))
            at += opening
            while at < bytes.count, !starts(closing) {
                if interpolates, starts("\\(") {
                    at += 2
                    code(until: UInt8(ascii: ")"))
                    at += 1
                } else if interpolates, bytes[at] == UInt8(ascii: "\\") {
                    at += 2
                } else {
                    skip()
                }
            }
            at += closing.utf8.count
            kept.append(UInt8(ascii: "\""))
        }

        private mutating func skip() {
            if bytes[at] == UInt8(ascii: "\n") { kept.append(bytes[at]) }
            at += 1
        }

        private func starts(_ text: String) -> Bool {
            var index = at
            for byte in text.utf8 {
                if index >= bytes.count || bytes[index] != byte { return false }
                index += 1
            }
            return true
        }
    }
}

extension String {
    /// It holds these bytes; far quicker than looking for a word, which is done only where this is true.
    func holds(_ part: String) -> Bool {
        withCString { text in part.withCString { strstr(text, $0) != nil } }
    }
}

extension StringProtocol {
    /// It holds `word`, and where that begins or ends with a letter, digit or `_`, not as a part of a longer name.
    func containsWord(_ word: String) -> Bool {
        let bytes = Array(utf8)
        let wanted = Array(word.utf8)
        guard !wanted.isEmpty, bytes.count >= wanted.count else { return false }
        return (0...(bytes.count - wanted.count)).contains { start in
            guard bytes[start] == wanted[0] else { return false }
            let end = start + wanted.count
            return bytes[start..<end].elementsEqual(wanted)
                && !(wanted[0].isPartOfName && start > 0 && bytes[start - 1].isPartOfName)
                && !(wanted[wanted.count - 1].isPartOfName && end < bytes.count && bytes[end].isPartOfName)
        }
    }
}

extension UInt8 {
    fileprivate var isPartOfName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
