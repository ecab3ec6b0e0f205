import Model

/// A part of a template, ready to be put behind the others.
enum TemplatePiece: Sendable {
    case text([UInt8])
    /// A column of the scan and its conversion to text.
    case column(Int, ValueCast)
}

/// Text with `{column}` in it; `{{` and `}}` stand for braces.
struct Template: Hashable {
    enum Part: Hashable {
        case text(String)
        case column(String)
    }

    let parts: [Part]

    /// Each column once, in the order of their appearance.
    var columns: [String] {
        parts.reduce(into: []) { columns, part in
            if case .column(let name) = part, !columns.contains(name) { columns.append(name) }
        }
    }

    /// - Throws: `invalid`, saying what is wrong at which character.
    init(_ source: String) throws {
        var parts: [Part] = []
        var text = ""
        var rest = Array(source)[...]
        while let character = rest.popFirst() {
            let position = rest.startIndex
            switch character {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                text.append(character)
                rest = rest.dropFirst()
            case "{":
                guard let end = rest.firstIndex(of: "}") else {
                    throw Self.error(source, "the { at character \(position) is not closed; a brace is {{")
                }
                let name = String(rest[..<end])
                guard !name.isEmpty, !name.contains("{") else {
                    throw Self.error(source, "a column name is expected after the { at character \(position)")
                }
                if !text.isEmpty { parts.append(.text(text)) }
                text = ""
                parts.append(.column(name))
                rest = rest[(end + 1)...]
            case "}":
                throw Self.error(source, "the } at character \(position) closes nothing; a brace is }}")
            default:
                text.append(character)
            }
        }
        if !text.isEmpty || parts.isEmpty { parts.append(.text(text)) }
        self.parts = parts
    }

    private static func error(_ source: String, _ what: String) -> SluiceError {
        SluiceError(.invalid, "template \"\(source)\": \(what)")
    }
}
