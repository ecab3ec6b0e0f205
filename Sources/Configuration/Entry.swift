import Model
import Yams

/// A value of the document with its place; reading it as something it is not reports a mistake and gives nil.
struct Entry {
    let node: Node
    let path: String
    let mark: Position?
    let findings: Findings
    /// Where the key of this value stands.
    var keyMark: Position?

    func report(_ message: String) {
        findings.report(message, path: path, mark: mark)
    }

    func warn(_ message: String) {
        findings.warn(message, path: path, mark: mark)
    }

    /// A mapping with keys of `allowed` only; `planned` keys are refused as not supported yet, all others as unknown.
    func section(allowed: [String], planned: [String] = [], required: [String]) -> Section? {
        guard let section = openSection() else { return nil }
        for (key, entry) in section.entries where !allowed.contains(key) {
            let list = "allowed: " + allowed.joined(separator: ", ")
            if planned.contains(key) {
                entry.reportAtKey("\"\(key)\" is not supported yet; \(list)")
            } else {
                entry.reportAtKey("unknown key \"\(key)\"\(NearMiss.hint(for: key, among: allowed)); \(list)")
            }
        }
        for key in required where section[key] == nil {
            report("\"\(key)\" is missing; required: \(required.joined(separator: ", "))")
        }
        return section
    }

    /// A mapping whose keys are free.
    func openSection() -> Section? {
        guard case .mapping(let mapping) = node else {
            report("expected keys with values, found \(found)")
            return nil
        }
        var entries: [(String, Entry)] = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                findings.report(
                    "a key must be text, found \(Self.found(key))",
                    path: path,
                    mark: key.mark.map(Position.init)
                )
                continue
            }
            let mark = key.mark.map(Position.init)
            if let duplicate = findings.duplicates[name] {
                findings.report(
                    "the key \"\(duplicate)\" is given more than once; allowed: once",
                    path: path.isEmpty ? duplicate : "\(path).\(duplicate)",
                    mark: mark
                )
                continue
            }
            let step = path.isEmpty ? name : "\(path).\(name)"
            var entry = Entry(
                node: value,
                path: step,
                mark: value.mark.map(Position.init) ?? mark,
                findings: findings
            )
            entry.keyMark = mark
            entries.append((name, entry))
        }
        return Section(place: self, entries: entries)
    }

    /// A list, each entry with its index in the path.
    func list() -> [Entry]? {
        guard case .sequence(let sequence) = node else {
            report("expected a list, found \(found)")
            return nil
        }
        return sequence.enumerated().map { index, item in
            Entry(node: item, path: "\(path)[\(index)]", mark: item.mark.map(Position.init) ?? mark, findings: findings)
        }
    }

    /// Text that is not empty. A number or `true` is none: what YAML makes of it depends on who reads it.
    func text() -> String? {
        guard case .scalar(let scalar) = node, case .text(let text) = ScalarReader.constant(scalar), !text.isEmpty
        else {
            report("expected text, found \(found)\(quotingHint)")
            return nil
        }
        return text
    }

    private var quotingHint: String {
        guard case .scalar(let scalar) = node else { return "" }
        switch ScalarReader.constant(scalar) {
        case .bool, .integer, .real: return "; as text: \"\(scalar.string)\""
        case .null, .text: return ""
        }
    }

    /// A number with its unit, which may be a plain number; `forms` says what is allowed.
    func quantity<Value>(_ forms: String, _ read: (String) -> Value?) -> Value? {
        guard case .scalar(let scalar) = node, let value = read(scalar.string) else {
            report("expected \(forms), found \(found)")
            return nil
        }
        return value
    }

    func texts() -> [String]? {
        list()?.compactMap { $0.text() }
    }

    func boolean() -> Bool? {
        guard case .scalar(let scalar) = node, case .bool(let value) = ScalarReader.constant(scalar) else {
            report("expected true or false, found \(found)")
            return nil
        }
        return value
    }

    func integer(in range: ClosedRange<Int>) -> Int? {
        guard case .scalar(let scalar) = node, case .integer(let value) = ScalarReader.constant(scalar),
            let number = Int(exactly: value), range.contains(number)
        else {
            report("expected a whole number from \(range.lowerBound) to \(range.upperBound), found \(found)")
            return nil
        }
        return number
    }

    /// One of the words of `Choice`; `planned` words are refused as not supported yet.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type,
        planned: [String] = []
    ) -> Choice? where Choice.RawValue == String {
        word(among: Choice.allCases.map(\.rawValue), planned: planned).flatMap(Choice.init(rawValue:))
    }

    func word(among words: [String], planned: [String] = [], of what: String = "value") -> String? {
        let list = "allowed: " + words.joined(separator: ", ")
        guard case .scalar(let scalar) = node else {
            report("expected a word, found \(found); \(list)")
            return nil
        }
        if words.contains(scalar.string) { return scalar.string }
        if planned.contains(scalar.string) {
            report("\"\(scalar.string)\" is not supported yet; \(list)")
        } else {
            report("unknown \(what) \(found)\(NearMiss.hint(for: scalar.string, among: words)); \(list)")
        }
        return nil
    }

    /// Any scalar, by the core schema of YAML 1.2 (`no` is text, only `true` and `false` are not).
    func constant() -> Constant? {
        guard case .scalar(let scalar) = node else {
            report("expected a single value, found \(found)")
            return nil
        }
        if ScalarReader.isTooLarge(scalar) {
            report(
                "the number \(scalar.string) would not be kept exactly; allowed: whole numbers of 64 bits, decimal ones up "
                    + "to 1.8e308; as text: \"\(scalar.string)\""
            )
            return nil
        }
        return ScalarReader.constant(scalar)
    }

    enum Shape {
        case single
        case list
        case keys
    }

    var shape: Shape {
        switch node {
        case .scalar, .alias: .single
        case .sequence: .list
        case .mapping: .keys
        }
    }

    /// What stands here, for a message.
    var found: String { Self.found(node) }

    private static func found(_ node: Node) -> String {
        switch node {
        case .mapping: "keys with values"
        case .sequence: "a list"
        case .alias: "an alias"
        case .scalar(let scalar):
            switch ScalarReader.constant(scalar) {
            case .null: "nothing"
            case .bool, .integer, .real: scalar.string
            case .text(let text): "\"\(text)\""
            }
        }
    }

    private func reportAtKey(_ message: String) {
        findings.report(message, path: path, mark: keyMark ?? mark)
    }

}

/// A mapping of the document.
struct Section {
    let place: Entry
    let entries: [(key: String, entry: Entry)]

    subscript(key: String) -> Entry? {
        entries.first { $0.key == key }?.entry
    }
}
