/// A piece of a filter text with its place.
struct FilterToken: Hashable {
    enum Kind: Hashable {
        /// A column; a quoted one is never a keyword.
        case name(String)
        case keyword(Keyword)
        case text(String)
        case number(String)
        /// `=`, `<>`, `(`, `,`, …
        case symbol(String)
        case end
    }

    enum Keyword: String, CaseIterable {
        case and
        case or
        case not
        case isWord = "is"
        case inWord = "in"
        case like
        case null
        case trueWord = "true"
        case falseWord = "false"
    }

    var kind: Kind
    /// Of its first character, from 1.
    var position: Int
    /// As it was written.
    var source: String
}

/// Cuts a filter text into tokens.
struct FilterTokens {
    private let characters: [Character]
    private var index = 0

    init(_ text: String) {
        characters = Array(text)
    }

    static func isNameStart(_ character: Character) -> Bool {
        character.isLetter || character == "_"
    }

    static func isNamePart(_ character: Character) -> Bool {
        isNameStart(character) || character.isNumber || character == "$"
    }

    mutating func all() throws -> [FilterToken] {
        var tokens: [FilterToken] = []
        while true {
            while let next = peek(), next.isWhitespace { index += 1 }
            let start = index
            let kind = try take()
            tokens.append(
                FilterToken(kind: kind, position: start + 1, source: String(characters[start..<index]))
            )
            if kind == .end { return tokens }
        }
    }

    private func peek(_ ahead: Int = 0) -> Character? {
        index + ahead < characters.count ? characters[index + ahead] : nil
    }

    private mutating func take() throws -> FilterToken.Kind {
        guard let first = peek() else { return .end }
        switch first {
        case "'": return .text(try takeQuoted(first, of: "text"))
        case "\"": return .name(try takeQuoted(first, of: "name"))
        case _ where Self.isNameStart(first):
            let word = takeWhile(Self.isNamePart)
            return FilterToken.Keyword(rawValue: word.lowercased()).map { .keyword($0) } ?? .name(word)
        case _ where Self.isDigit(first) || (".+-".contains(first) && (isDigit(1) || peek(1) == ".")):
            return .number(takeNumber())
        case "(", ")", ",", "=":
            index += 1
            return .symbol(String(first))
        case "<", ">", "!":
            let pair = String(first) + (peek(1).map(String.init) ?? "")
            let symbol = ["<=", ">=", "<>", "!="].contains(pair) ? pair : String(first)
            index += symbol.count
            return .symbol(symbol)
        default:
            throw SluiceError(.invalid, "filter, character \(index + 1): \"\(first)\" has no meaning here")
        }
    }

    private static func isDigit(_ character: Character) -> Bool {
        character.isASCII && character.isNumber
    }

    private func isDigit(_ ahead: Int) -> Bool {
        peek(ahead).map(Self.isDigit) ?? false
    }

    private mutating func takeWhile(_ condition: (Character) -> Bool) -> String {
        let start = index
        while let next = peek(), condition(next) { index += 1 }
        return String(characters[start..<index])
    }

    /// Sign, digits, point and exponent; whether they make a number is for the parser.
    private mutating func takeNumber() -> String {
        let start = index
        index += 1
        while let next = peek() {
            let isExponentSign = "+-".contains(next) && "eE".contains(characters[index - 1])
            guard Self.isNamePart(next) || next == "." || isExponentSign else { break }
            index += 1
        }
        return String(characters[start..<index])
    }

    private mutating func takeQuoted(_ quote: Character, of what: String) throws -> String {
        let start = index
        var content = ""
        index += 1
        while let next = peek() {
            index += 1
            if next != quote {
                content.append(next)
            } else if peek() == quote {
                content.append(quote)
                index += 1
            } else {
                return content
            }
        }
        throw SluiceError(
            .invalid,
            "filter, character \(start + 1): the \(what) that begins here has no closing \(quote)"
        )
    }
}
