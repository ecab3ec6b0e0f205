/// A table's name as a job writes it: `table`, `schema.table`, `"odd name"."x.y"`.
struct PostgresName: Hashable {
    var schema: String?
    var table: String

    init(_ text: String) {
        var parts: [String] = []
        var current = ""
        var isQuoted = false
        for character in text {
            switch character {
            case "\"":
                isQuoted.toggle()
            case "." where !isQuoted && parts.isEmpty:
                parts.append(current)
                current = ""
            default:
                current.append(character)
            }
        }
        parts.append(current)
        table = parts.last ?? text
        schema = parts.count > 1 ? parts[0] : nil
    }

    /// An identifier for SQL.
    static func quoted(_ name: String) -> String {
        "\"" + name.replacing("\"", with: "\"\"") + "\""
    }

    /// A text literal for SQL, under `standard_conforming_strings`.
    static func literal(_ text: String) -> String {
        "'" + text.replacing("'", with: "''") + "'"
    }

    /// The name under which a job would ask for a table.
    static func plain(schema: String, table: String, defaultSchema: String) -> String {
        func part(_ name: String) -> String { name.contains(".") || name.contains("\"") ? quoted(name) : name }
        return schema == defaultSchema ? part(table) : "\(part(schema)).\(part(table))"
    }

    /// Up to five of `names` that look like `name`, best first.
    static func near(_ name: String, in names: [String]) -> [String] {
        let wanted = Array(name.lowercased().utf8)
        return names.map { ($0, distance(wanted, Array($0.lowercased().utf8))) }
            .filter { $0.1 <= max(2, wanted.count / 2) || $0.0.lowercased().contains(name.lowercased()) }
            .sorted { ($0.1, $0.0) < ($1.1, $1.0) }
            .prefix(5).map(\.0)
    }

    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let substitution = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substitution, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
