/// Whether bytes are one JSON value (RFC 8259), without building it.
struct JSONSyntax {
    /// Deeper nesting is refused.
    static let depthMax = 1_000

    private var scanner: TextScanner
    /// PostgreSQL's `jsonb` holds neither `\u0000` nor half of a surrogate pair.
    private let isBinary: Bool
    /// One per open array or object: true for an object.
    private var open: [Bool] = []

    private init(_ text: UnsafeRawBufferPointer, isBinary: Bool) {
        scanner = TextScanner(whole: text)
        self.isBinary = isBinary
    }

    static func check(_ text: UnsafeRawBufferPointer, isBinary: Bool) throws(Refusal) {
        var syntax = JSONSyntax(text, isBinary: isBinary)
        try syntax.run()
    }

    private mutating func run() throws(Refusal) {
        repeat {
            try takeValue()
            try closeAndSeparate()
        } while !open.isEmpty
        skipBlanks()
        try scanner.expectEnd()
    }

    /// A scalar or an empty container whole, otherwise the opening up to the first scalar within.
    private mutating func takeValue() throws(Refusal) {
        while true {
            skipBlanks()
            if scanner.take("[") {
                try push(isObject: false)
                skipBlanks()
                if scanner.next == UInt8(ascii: "]") { return }
            } else if scanner.take("{") {
                try push(isObject: true)
                skipBlanks()
                if scanner.next == UInt8(ascii: "}") { return }
                try takeName()
            } else {
                return try takeScalar()
            }
        }
    }

    /// What stands behind a value: closing brackets, then a comma (and the name of the next member) or the end.
    private mutating func closeAndSeparate() throws(Refusal) {
        while let isObject = open.last {
            skipBlanks()
            if scanner.take(isObject ? "}" : "]") {
                open.removeLast()
            } else if scanner.take(",") {
                if isObject { try takeName() }
                return
            } else {
                throw scanner.unexpected(instead: isObject ? "\",\" or \"}\"" : "\",\" or \"]\"")
            }
        }
    }

    /// JSON knows fewer kinds of white space than other text.
    private mutating func skipBlanks() {
        while let next = scanner.next, next == 32 || next == 9 || next == 10 || next == 13 {
            scanner.advance()
        }
    }

    private mutating func push(isObject: Bool) throws(Refusal) {
        guard open.count < Self.depthMax else {
            throw Refusal("nested deeper than \(Self.depthMax) levels")
        }
        open.append(isObject)
    }

    private mutating func takeName() throws(Refusal) {
        skipBlanks()
        guard scanner.next == UInt8(ascii: "\"") else { throw scanner.unexpected(instead: "a name in quotes") }
        try takeString()
        skipBlanks()
        guard scanner.take(":") else { throw scanner.unexpected(instead: "\":\"") }
    }

    private mutating func takeScalar() throws(Refusal) {
        guard let next = scanner.next else { throw scanner.unexpected(instead: "a JSON value") }
        if next == UInt8(ascii: "\"") { return try takeString() }
        if next == UInt8(ascii: "-") || TextScanner.isDigit(next) { return try takeNumber() }
        for word in ["true", "false", "null"] where scanner.rest.starts(with: word.utf8) {
            for _ in 0..<word.utf8.count { scanner.advance() }
            return
        }
        throw scanner.unexpected(instead: "a JSON value")
    }

    private mutating func takeNumber() throws(Refusal) {
        _ = scanner.take("-")
        if !scanner.take("0") { try takeDigits() }
        if scanner.take(".") { try takeDigits() }
        if scanner.take("e") || scanner.take("E") {
            _ = scanner.takeSign()
            try takeDigits()
        }
    }

    private mutating func takeDigits() throws(Refusal) {
        guard scanner.isAtDigit else { throw scanner.unexpected(instead: "a digit") }
        while scanner.isAtDigit { scanner.advance() }
    }

    private mutating func takeString() throws(Refusal) {
        scanner.advance()
        while let next = scanner.next {
            scanner.advance()
            switch next {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): try takeEscape()
            case 0..<32: throw Refusal("a control character in a string")
            default: break
            }
        }
        throw scanner.unexpected(instead: "the closing quote")
    }

    private mutating func takeEscape() throws(Refusal) {
        guard let next = scanner.next else { throw scanner.unexpected(instead: "an escape") }
        guard next == UInt8(ascii: "u") else {
            guard "\"\\/bfnrt".utf8.contains(next) else {
                throw scanner.unexpected(instead: "one of \" \\ / b f n r t u")
            }
            return scanner.advance()
        }
        let unit = try takeUnit()
        guard isBinary else { return }
        guard unit != 0 else { throw Refusal("\\u0000 cannot be kept in jsonb") }
        guard !(0xDC00...0xDFFF).contains(unit) else { throw Refusal("half of a surrogate pair") }
        if (0xD800...0xDBFF).contains(unit) {
            guard scanner.take("\\"), scanner.next == UInt8(ascii: "u"),
                (0xDC00...0xDFFF).contains(try takeUnit())
            else { throw Refusal("half of a surrogate pair") }
        }
    }

    /// `uXXXX`
    private mutating func takeUnit() throws(Refusal) -> UInt32 {
        scanner.advance()
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let next = scanner.next, let value = TextScanner.hexValue(next) else {
                throw scanner.unexpected(instead: "a hexadecimal digit")
            }
            unit = unit << 4 | UInt32(value)
            scanner.advance()
        }
        return unit
    }
}
