import Foundation
import Model

/// Reads the `connections` of a configuration.
struct ConnectionReader {
    let folder: String

    /// What the connections of a type may say.
    struct Kind {
        var settings: [String]
        var required: [String]
        /// Settings that are paths in the file system.
        var paths: [String] = []
        var isFiles = false
    }

    static let kinds: [String: Kind] = [
        "postgres": Kind(settings: ["url", "schema"], required: ["url"]),
        "sqlite": Kind(settings: ["path"], required: ["path"], paths: ["path"]),
        "csv": Kind(settings: FileSettingReader.ofCSV, required: ["path"], paths: ["path"], isFiles: true),
        "jsonl": Kind(settings: FileSettingReader.ofJSONL, required: ["path"], paths: ["path"], isFiles: true),
    ]

    /// - Returns: the connections that could be read, and the names of the others.
    func connections(in entry: Entry?) -> (specs: [ConnectionSpec], broken: Set<String>) {
        guard let section = entry?.openSection() else { return ([], []) }
        var specs: [ConnectionSpec] = []
        var broken: Set<String> = []
        for (name, entry) in section.entries {
            if NameRule.check(name, of: "connection", at: entry), let spec = connection(name, entry) {
                specs.append(spec)
            } else {
                broken.insert(name)
            }
        }
        return (specs, broken)
    }

    private func connection(_ name: String, _ entry: Entry) -> ConnectionSpec? {
        guard let open = entry.openSection() else { return nil }
        guard let typeEntry = open["type"] else {
            entry.report("\"type\" is missing; allowed: \(Self.types.joined(separator: ", "))")
            return nil
        }
        guard let type = typeEntry.word(among: Self.types, of: "type"), let kind = Self.kinds[type] else { return nil }
        guard let section = entry.section(allowed: ["type"] + kind.settings, required: kind.required) else {
            return nil
        }
        var settings: [String: String] = [:]
        if kind.isFiles { settings = FileSettingReader.settings(in: section) }
        for (key, value) in section.entries where kind.settings.contains(key) {
            if kind.isFiles, FileSettingReader.isOwn(key) { continue }
            guard let text = value.text(), checkReferences(text, at: value) else { continue }
            settings[key] = absolute(text, isPath: kind.paths.contains(key))
            warnOfPassword(text, at: value)
        }
        return ConnectionSpec(name: name, type: type, settings: settings)
    }

    private static var types: [String] { kinds.keys.sorted() }

    private func checkReferences(_ text: String, at entry: Entry) -> Bool {
        var rest = text[...]
        while let open = rest.firstRange(of: "${") {
            rest = rest[open.upperBound...]
            guard let close = rest.firstIndex(of: "}") else {
                entry.report("\"${\" is not closed; expected ${NAME}, the name of an environment variable")
                return false
            }
            let name = rest[..<close]
            guard name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) != nil else {
                entry.report("\"${\(name)}\" does not name an environment variable; expected ${NAME}")
                return false
            }
            rest = rest[rest.index(after: close)...]
        }
        return true
    }

    private func absolute(_ text: String, isPath: Bool) -> String {
        if text.hasPrefix("file:") {
            return "file:" + resolve(String(text.dropFirst("file:".count)))
        }
        return isPath ? resolve(text) : text
    }

    private func resolve(_ path: String) -> String {
        guard !path.hasPrefix("/"), !path.hasPrefix("${") else { return path }
        return URL(fileURLWithPath: folder).appendingPathComponent(path).standardizedFileURL.path
    }

    private func warnOfPassword(_ text: String, at entry: Entry) {
        let inAuthority = text.firstMatch(of: /^[a-z]+:\/\/[^:@\/]*:([^@\/]+)@/)?.output.1
        let inParameter = text.firstMatch(of: /(?:^|[?& ])password\s*=\s*([^& ]+)/)?.output.1
        guard let password = inAuthority ?? inParameter, !password.hasPrefix("${") else { return }
        entry.warn("a password in clear; better ${NAME}, or file:PATH for the whole value")
    }
}
