import Yams

/// The YAML of a configuration as a tree of `Entry`.
enum Document {
    /// The root of the document; nil (with a mistake reported) when it is not YAML or empty.
    static func root(of text: String, findings: Findings) throws -> Entry? {
        do {
            guard let node = try Yams.compose(yaml: text) else {
                findings.report("the file is empty; expected connections and jobs", path: "", mark: nil)
                return nil
            }
            return Entry(node: node, path: "", mark: node.mark.map(Position.init), findings: findings)
        } catch let error as YamlError {
            report(error, in: text, to: findings)
            return nil
        }
    }

    private static func report(_ error: YamlError, in text: String, to findings: Findings) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let detail = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
            findings.report("not valid YAML: \(problem)\(detail)", path: "", mark: Position(mark))
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
            findings.report("the key \(names) is given more than once", path: "", mark: Position(context.mark))
        case .reader(let problem, let offset, _, _):
            let mark = offset.map { position(of: $0, in: text) }
            findings.report("not valid YAML: \(problem)", path: "", mark: mark)
        default:
            findings.report("not valid YAML: \(error)", path: "", mark: nil)
        }
    }

    private static func position(of offset: Int, in text: String) -> Position {
        let before = text.prefix(offset)
        let line = before.count { $0 == "\n" } + 1
        let column = before.reversed().prefix { $0 != "\n" }.count + 1
        return Position(line: line, column: column)
    }
}
