/// The targets of Package.swift, read from its text (asking the package manager would wait for the build that runs us).
///
/// Understands the manifest's own helpers: `module`, `program`, `tests`, `library` and plain `.target`.
struct Manifest: Sendable {
    struct Target: Sendable, Equatable {
        let name: String
        /// From the root of the repository.
        let path: String
        /// Targets of ours.
        let imports: Set<String>
        let isTest: Bool
    }

    let targets: [Target]

    init(_ text: String) {
        let body = text.firstRange(of: "let package = Package(").map { text[$0.upperBound...] } ?? text[...]
        targets = Self.calls(in: body).compactMap { call in
            let texts = call.arguments.stringLiterals
            guard let first = texts.first else { return nil }
            let path = call.arguments.literals(after: "in:").first ?? call.arguments.literals(after: "path:").first
            let imports = Set(
                call.arguments.literals(after: "imports:") + call.arguments.literals(after: "dependencies:")
            )
            return switch call.name {
            case "module": Target(name: first, path: "Sources/\(path ?? first)", imports: imports, isTest: false)
            case "program": Target(name: first, path: "Sources/Programs/\(first)", imports: imports, isTest: false)
            case "library": Target(name: first, path: "Sources/Native/\(first)", imports: [], isTest: false)
            case "tests": Target(name: "\(first)Tests", path: "Tests/\(first)", imports: imports, isTest: true)
            default:
                Target(
                    name: first,
                    path: path ?? "Sources/\(first)",
                    imports: imports,
                    isTest: path?.hasPrefix("Tests/") ?? false
                )
            }
        }
    }

    init(targets: [Target]) {
        self.targets = targets
    }

    /// The target that a file belongs to: the one with the longest path.
    func target(of file: TextFile) -> Target? {
        targets.filter { file.path.hasPrefix("\($0.path)/") }.max { $0.path.count < $1.path.count }
    }

    private struct Call {
        let name: String
        let arguments: Substring
    }

    private static func calls(in text: Substring) -> [Call] {
        var found: [Call] = []
        for name in ["module", "program", "library", "tests", ".target"] {
            var rest = text
            while let range = rest.firstRange(of: "\(name)(") {
                let isWhole =
                    range.lowerBound == text.startIndex
                    || !text[text.index(before: range.lowerBound)].isLetter
                rest = rest[range.upperBound...]
                if isWhole { found.append(Call(name: name, arguments: rest.upToClosing("(", ")"))) }
            }
        }
        return found
    }
}

extension Substring {
    /// Up to the bracket that closes the one just before the start.
    fileprivate func upToClosing(_ open: Character, _ close: Character) -> Substring {
        var depth = 1
        for index in indices {
            if self[index] == open { depth += 1 }
            if self[index] == close { depth -= 1 }
            if depth == 0 { return self[..<index] }
        }
        return self
    }

    fileprivate var stringLiterals: [String] {
        split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }
            .map { String($0.element) }
    }

    /// The string literals of the value after a label: of an array, or of the one literal.
    fileprivate func literals(after label: String) -> [String] {
        guard let range = firstRange(of: label) else { return [] }
        let value = self[range.upperBound...].drop { $0 == " " || $0.isNewline }
        if value.first == "[" {
            return value.dropFirst().upToClosing("[", "]").stringLiterals
        }
        return value.first == "\"" ? Array(value.stringLiterals.prefix(1)) : []
    }
}
