/// Rules about the tree of files and about README.md, which describes it.
enum TreeRules {
    static let topLevel: Set<String> = ["Package.swift", "Sources", "Tests", "Deploy", "Protocols", "README.md"]

    static func topLevelFindings(_ paths: [String]) -> [String] {
        Set(paths.compactMap { $0.split(separator: "/").first.map(String.init) })
            .filter { !topLevel.contains($0) && !$0.hasPrefix(".") }
            .sorted()
            .map { "\($0) lies at the top level; only \(topLevel.sorted().joined(separator: ", ")) and dotfiles do" }
    }

    /// Every folder of Sources with files in it is named in README.md's layout, as `Name/`.
    static func layoutFindings(_ paths: [String], readme: String) -> [String] {
        let layout = section("Layout", of: readme)
        guard !layout.isEmpty else { return ["README.md has no section Layout"] }
        let words = layout.split { !($0.isLetter || $0.isNumber || "/_-".contains($0)) }
        let names = Set(words.filter { $0.hasSuffix("/") }.flatMap { $0.split(separator: "/") })
        let folders = Set(
            paths.filter { $0.hasPrefix("Sources/") }.flatMap { path in
                path.split(separator: "/").dropLast().dropFirst()
            }
        )
        return folders.subtracting(names).sorted().map { "the folder \($0)/ of Sources is not in README.md's layout" }
    }

    /// README.md sets things up with exactly two commands, each a script of ours.
    static func setUpFindings(readme: String, isExecutable: (String) -> Bool) -> [String] {
        let commands = section("Set up", of: readme).split(separator: "\n")
            .filter { $0.hasPrefix("    ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        let expected = ["Deploy/quickstart", "Deploy/test"]
        guard commands == expected else {
            return ["README.md sets up with \(commands), it should with \(expected)"]
        }
        return commands.filter { !isExecutable($0) }.map { "\($0) is not an executable file" }
    }

    /// The import table in README.md is the one that is checked.
    static func importTableFindings(readme: String, allowed: [String: Set<String>]) -> [String] {
        var written: [String: Set<String>] = [:]
        for row in section("Who may import whom", of: readme).split(separator: "\n") where row.hasPrefix("| `") {
            let cells = row.split(separator: "|").map { cell in
                cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                    .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
            }
            guard cells.count >= 2, let module = cells[0].first else { continue }
            written[module] = Set(cells[1])
        }
        return allowed.sorted { $0.key < $1.key }.compactMap { module, imports in
            guard let row = written[module] else { return "README.md's import table lacks \(module)" }
            if row == imports { return nil }
            return "README.md lets \(module) import \(row.sorted()), the table \(imports.sorted())"
        }
    }

    /// The lines between a `## Title` and the next one.
    static func section(_ title: String, of readme: String) -> String {
        var inside = false
        return readme.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            if line.hasPrefix("## ") {
                inside = line == "## \(title)"
                return false
            }
            return inside
        }.joined(separator: "\n")
    }
}
