import Yams

/// The YAML of a configuration as a tree of `Entry`.
enum Document {
    /// The root of the document; nil (with a mistake reported) when it is not YAML or empty.
    static func root(of text: String, findings: Findings) throws -> Entry? {
        // A byte order mark is no part of the text.
        var text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        while true {
            do {
                guard let node = try Yams.compose(yaml: text) else {
                    findings.report("the file is empty; expected connections and jobs", path: "", mark: nil)
                    return nil
                }
                return Entry(node: node, path: "", mark: node.mark.map(Position.init), findings: findings)
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                // Read on without the duplicates, so that each has its line and path and other mistakes are found, too.
                guard let key = keys.first, let renamed = renaming(key, in: context.mark, of: text, findings) else {
                    let names = keys.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
                    let message = "the key \(names) is given more than once; allowed: once"
                    findings.report(message, path: "", mark: Position(context.mark))
                    return nil
                }
                text = renamed
            } catch let error as YamlError {
                report(error, in: text, to: findings)
                return nil
            }
        }
    }

    private static func renaming(_ key: String, in mark: Mark, of text: String, _ findings: Findings) -> String? {
        guard findings.duplicates.count < DuplicateKey.countMax else { return nil }
        let duplicate = DuplicateKey(key: key, mark: mark, number: findings.duplicates.count)
        guard let renamed = duplicate.renamed(in: text) else { return nil }
        findings.duplicates[duplicate.replacement] = key
        return renamed
    }

    private static func report(_ error: YamlError, in text: String, to findings: Findings) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let position = Position(mark)
            if scalar(at: position, in: text) == "\t" {
                findings.report("not valid YAML: found a tab; allowed: spaces", path: "", mark: position)
                return
            }
            let detail = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
            findings.report("not valid YAML: \(problem)\(detail)", path: "", mark: position)
        case .reader(let problem, let offset, let value, _):
            let found = value > 0 ? ", found U+\(String(value, radix: 16, uppercase: true))" : ""
            let mark = offset.map { Position(offset: $0, in: text) }
            findings.report("not valid YAML: \(problem)\(found)", path: "", mark: mark)
        default:
            findings.report("not valid YAML: \(error)", path: "", mark: nil)
        }
    }

    private static func scalar(at position: Position, in text: String) -> Unicode.Scalar? {
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(position.line - 1) else { return nil }
        return lines[position.line - 1].dropFirst(position.column - 1).first
    }
}
