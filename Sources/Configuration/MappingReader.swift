import Model

/// Reads the `map` of a stream: destination fields and where they come from.
enum MappingReader {
    static let keys = ["from", "value", "trim", "case", "default", "cast"]

    static func mappings(in entry: Entry) -> [FieldMapping] {
        guard let section = entry.openSection() else { return [] }
        return section.entries.compactMap { mapping(of: $0.key, $0.entry) }
    }

    private static func mapping(of field: String, _ entry: Entry) -> FieldMapping? {
        switch entry.shape {
        case .single:
            guard let origin = origin(entry) else { return nil }
            return FieldMapping(field: field, origin: origin)
        case .keys:
            return detailed(field, entry)
        case .list:
            entry.report("expected a column, a template, or keys such as from or value; found \(entry.found)")
            return nil
        }
    }

    /// A column, or a template when it has braces.
    private static func origin(_ entry: Entry) -> FieldMapping.Origin? {
        guard case .text(let text) = entry.constant(), !text.isEmpty else {
            entry.report(
                "expected a column or a template, found \(entry.found); write { value: … } for a constant"
            )
            return nil
        }
        guard text.contains(where: { $0 == "{" || $0 == "}" }) else { return .column(text) }
        if let fault = fault(ofTemplate: text) {
            entry.report(fault)
            return nil
        }
        return .template(text)
    }

    /// What is wrong with the braces of a template: `{column}`, and `{{` and `}}` for braces.
    private static func fault(ofTemplate text: String) -> String? {
        var rest = Array(text)[...]
        while let character = rest.popFirst() {
            let position = rest.startIndex
            guard character == "{" || character == "}" else { continue }
            if rest.first == character {
                rest = rest.dropFirst()
            } else if character == "}" {
                return "the } at character \(position) closes nothing; a brace is }}"
            } else {
                guard let end = rest.firstIndex(of: "}") else {
                    return "the { at character \(position) is not closed; a brace is {{"
                }
                if end == rest.startIndex || rest[..<end].contains("{") {
                    return "a column name is expected after the { at character \(position)"
                }
                rest = rest[(end + 1)...]
            }
        }
        return nil
    }

    private static func detailed(_ field: String, _ entry: Entry) -> FieldMapping? {
        guard let section = entry.section(allowed: keys, planned: ["op"], required: []) else { return nil }
        var origin: FieldMapping.Origin?
        switch (section["from"], section["value"]) {
        case (let from?, nil):
            origin = self.origin(from)
        case (nil, let value?):
            origin = value.constant().map { .constant($0) }
        case (_?, _?):
            entry.report("\"from\" and \"value\" exclude one another; allowed: one of them")
        case (nil, nil):
            entry.report(
                "\"from\" (a column or a template) or \"value\" (a constant) is missing; required: one of them"
            )
        }
        let mapping = FieldMapping(
            field: field,
            origin: origin ?? .constant(.null),
            trim: section["trim"]?.boolean() ?? false,
            letterCase: section["case"]?.choice(LetterCase.self),
            fallback: section["default"]?.constant(),
            cast: section["cast"]?.choice(CastType.self)
        )
        return origin == nil ? nil : mapping
    }
}
