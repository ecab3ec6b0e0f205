/// A table's name as a job writes it: `table`, `schema.table`, `"odd name"."x.y"`.
struct PostgresName: Hashable {
    var schema: String?
    var table: String

    init(_ text: String) {
        var parts: [String] = []
        var current = ""
        var isQuoted = false
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "\"" where isQuoted && rest.first == "\"":
                rest.removeFirst()
                current.append(character)
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
}
