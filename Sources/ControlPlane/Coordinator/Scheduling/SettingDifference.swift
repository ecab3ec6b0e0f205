import Model

/// What differs between two states of a connection. References (`${NAME}`, `file:PATH`) stand as they are written; what is
/// a secret in clear is `***` on both sides.
enum SettingDifference {
    static func between(_ before: ConnectionSpec, _ after: ConnectionSpec) -> [FieldDifference] {
        var fields: [FieldDifference] = []
        if before.type != after.type {
            fields.append(FieldDifference(path: "type", before: before.type, after: after.type))
        }
        for key in Set(before.settings.keys).union(after.settings.keys).sorted() {
            let (old, new) = (before.settings[key], after.settings[key])
            guard old != new else { continue }
            let shown = new.map { self.shown($0, of: key) }
            let isHidden = shown != nil && shown == old.map { self.shown($0, of: key) }
            fields.append(
                FieldDifference(
                    path: key,
                    before: old.map { self.shown($0, of: key) },
                    after: isHidden ? shown.map { $0 + " (another secret)" } : shown
                )
            )
        }
        return fields
    }

    /// The value of a setting with its secrets in clear replaced by `***`.
    static func shown(_ value: String, of key: String) -> String {
        if isReference(value) || value.hasPrefix("file:") { return value }
        if isSecret(key) { return "***" }
        // Greedy to the last @: a password may hold any of `:@/`, and too much hidden is no harm.
        var text = value.replacing(/(?s)^([A-Za-z][A-Za-z0-9+.\-]*:\/\/[^:@\/?]*:)(.*)@/) { match in
            isReference(match.output.2) ? match.output.0 : match.output.1 + "***@"
        }
        // `password=x&…` of an address, `password = 'x y' …` of a connection string.
        text = text.replacing(/([A-Za-z_]+)(\s*=\s*)('(?:[^'\\]|\\.)*'?|[^&\s]*)/) { match in
            isSecret(String(match.output.1)) && !isReference(match.output.3)
                ? match.output.1 + match.output.2 + "***" : match.output.0
        }
        return text
    }

    private static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        return ["password", "passwd", "secret", "token", "credential"].contains { key.contains($0) }
    }

    private static func isReference(_ text: some StringProtocol) -> Bool {
        String(text).wholeMatch(of: /\$\{[A-Za-z_][A-Za-z0-9_]*\}/) != nil
    }
}
