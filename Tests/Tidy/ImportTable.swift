/// Who may import whom: README.md's table. Package.swift and every `import` line keep to it.
enum ImportTable {
    private static let libraries: Set<String> = [
        "CZeroMQ", "CPostgres", "CSQLite", "CZlib", "CZstd", "CSodium", "CProcess",
    ]

    /// Modules of ours that each target may name.
    static let allowed: [String: Set<String>] = {
        var table: [String: Set<String>] = [
            "Model": [],
            "Drivers": libraries,
            "Wire": ["Model", "Drivers"],
            "Connectors": ["Model", "Drivers"],
            "Worker": ["Model", "Wire", "Connectors", "Drivers"],
            "Decisions": ["Model"],
            "Supervision": ["Model", "Wire", "Drivers"],
            "Store": ["Model", "Wire", "Drivers"],
            "Coordinator": ["Model", "Decisions", "Wire", "Store", "Drivers"],
            "ControlAPI": ["Model", "Coordinator"],
            "JobConfiguration": ["Model"],
            "Client": ["Model"],
            "sluice": [
                "Model", "Drivers", "Wire", "JobConfiguration", "Client", "ControlAPI", "Coordinator",
                "Supervision", "Store",
            ],
            "sluice-worker": ["Model", "Drivers", "Worker"],
        ]
        for library in libraries { table[library] = [] }
        return table
    }()

    /// The table as README.md shows it: without the C libraries, which only `Drivers` imports.
    static var shown: [String: Set<String>] {
        allowed.filter { !libraries.contains($0.key) }.mapValues { $0.subtracting(libraries) }
    }

    /// What must not be reached over any chain of imports, and why.
    static let missingEdges: [(from: String, to: String, why: String)] = [
        ("Coordinator", "Connectors", "a hung driver hangs only a worker"),
        ("Coordinator", "Worker", "a hung driver hangs only a worker"),
        ("Coordinator", "Supervision", "nobody but Supervision spawns or kills workers"),
        ("Worker", "Store", "one writer of state"),
        ("Worker", "Coordinator", "one writer of state"),
        ("Worker", "Supervision", "nobody but Supervision spawns or kills workers"),
        ("Connectors", "Wire", "a connector knows nothing of permits"),
        ("Supervision", "Decisions", "the supervisor knows nothing of records"),
        ("Supervision", "Store", "the supervisor knows nothing of records"),
        ("Supervision", "Connectors", "the supervisor knows nothing of records"),
        ("Client", "Coordinator", "the client speaks HTTP only"),
    ]

    /// Libraries that one place wraps, with the only modules that may import them.
    static let owners: [String: Set<String>] = [
        "Hummingbird": ["ControlAPI"],
        "GRDB": ["Store"],
        "Yams": ["JobConfiguration"],
        "ArgumentParser": ["sluice", "sluice-worker"],
        "SwiftProtobuf": ["Wire", "Worker", "Supervision", "Store", "Coordinator"],
    ]

    /// What a pure module may import besides modules of ours: nothing that does I/O, tells the time or starts a thread.
    static let pure: Set<String> = ["Decisions"]

    // MARK: checks

    static func findings(manifest: Manifest, files: [TextFile]) -> [String] {
        let edges = edges(manifest: manifest, files: files)
        return undeclared(edges) + reached(edges) + owned(manifest: manifest, files: files)
    }

    /// An import that one target makes, and where it says so.
    struct Edge: Sendable {
        let from: String
        let to: String
        let place: String
    }

    static func edges(manifest: Manifest, files: [TextFile]) -> [Edge] {
        let ours = Set(manifest.targets.map(\.name))
        let declared = manifest.targets.filter { !$0.isTest }.flatMap { target in
            target.imports.sorted().map { Edge(from: target.name, to: $0, place: "Package.swift") }
        }
        let written = files.flatMap { file -> [Edge] in
            guard let target = manifest.target(of: file), !target.isTest else { return [] }
            return file.imports.filter { ours.contains($0.module) }.map {
                Edge(from: target.name, to: $0.module, place: "\(file.path):\($0.line)")
            }
        }
        return declared + written
    }

    private static func undeclared(_ edges: [Edge]) -> [String] {
        edges.compactMap { edge in
            guard let permitted = allowed[edge.from] else {
                return "\(edge.place): \(edge.from) is not in the import table"
            }
            if permitted.contains(edge.to) { return nil }
            return "\(edge.place): \(edge.from) may not import \(edge.to), only "
                + permitted.sorted().joined(separator: ", ")
        }
    }

    private static func reached(_ edges: [Edge]) -> [String] {
        let direct = Dictionary(grouping: edges, by: \.from).mapValues { Set($0.map(\.to)) }
        func closure(of module: String) -> Set<String> {
            var found: Set<String> = []
            var open = Array(direct[module, default: []])
            while let next = open.popLast() {
                if !found.insert(next).inserted { continue }
                open += direct[next, default: []]
            }
            return found
        }
        return missingEdges.filter { closure(of: $0.from).contains($0.to) }.map {
            "\($0.from) reaches \($0.to); it must not, because \($0.why)"
        }
    }

    private static func owned(manifest: Manifest, files: [TextFile]) -> [String] {
        let ours = Set(manifest.targets.map(\.name))
        return files.flatMap { file -> [String] in
            guard let target = manifest.target(of: file), !target.isTest else { return [] }
            return file.imports.compactMap { line in
                let place = "\(file.path):\(line.line)"
                if let owners = owners[line.module], !owners.contains(target.name) {
                    return "\(place): only \(owners.sorted().joined(separator: ", ")) may import \(line.module)"
                }
                if pure.contains(target.name), !ours.contains(line.module) {
                    return "\(place): \(target.name) is pure and imports \(line.module)"
                }
                return nil
            }
        }
    }
}

extension TextFile {
    /// The modules that its `import` lines name.
    var imports: [(module: String, line: Int)] {
        guard path.hasSuffix(".swift") else { return [] }
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { number, line in
            guard line.hasPrefix("import ") || line.contains(" import ") else { return nil }
            let words = line.split(separator: " ").map(String.init)
            guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
                words[..<at].allSatisfy({ Self.accessWords.contains($0) || $0.hasPrefix("@") })
            else { return nil }
            let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "typealias", "var", "let"]
            let named = kinds.contains(words[at + 1]) && at + 2 < words.count ? words[at + 2] : words[at + 1]
            return (named.split(separator: ".").first.map(String.init) ?? named, number + 1)
        }
    }

    private static let accessWords: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
}
