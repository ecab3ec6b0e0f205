/// A configuration with every key that there is, one a line, and copies of it with one value wrong.
struct Sample {
    static let text = #"""
        connections:
          pg:
            type: postgres
            url: "${PG}"
            schema: app
          lite:
            type: sqlite
            path: a.db
          sheets:
            type: csv
            path: out
            types:
              id: int64
            compress: gzip
            roll:
              records: 10
              bytes: 1MiB
            delimiter: ";"
            quote: none
            header: false
            columns: [id, name]
            "null": NA
          lines:
            type: jsonl
            path: in.jsonl
            types:
              id: int64
            compress: zstd
            roll:
              bytes: 65536
        jobs:
          contacts:
            source: pg
            destination: lite
            workers: 2
            batch:
              records: 10
              bytes: 1MiB
            rate_limit: 7/s
            deadline: 30s
            on_deadline: ask
            ordered: true
            streams:
              - stream: contacts
                destination: people
                sync_mode: full_refresh
                write_mode: mirror
                max_deletes: 0.05
                key: [id]
                filter: id > 3
                map:
                  email: mail
                  title: "{first} {last}"
                  origin:
                    value: shop
                  name:
                    from: full_name
                    trim: true
                    case: lower
                    default: unknown
                    cast: text
                drop: [note]

        """#

    /// A key of the text.
    struct Key {
        /// From 1.
        var line: Int
        /// Up to its colon.
        var head: String
        var path: String
        /// The line of the last of what belongs to it.
        var end: Int
        var name: String { String(path.split(separator: ".").last ?? "") }
    }

    private static let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

    static let keys: [Key] = {
        var open: [(indent: Int, step: String)] = []
        return lines.enumerated().compactMap { index, line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let head = line[..<colon]
            let indent = head.prefix { " -".contains($0) }.count
            open.removeAll { $0.indent >= indent }
            let name = head.dropFirst(indent).filter { $0 != "\"" }
            open.append((indent, String(name)))
            let parents = open.map(\.step)
            let path = parents.joined(separator: ".").replacing("streams.", with: "streams[0].")
            let isDeeper = { (other: String) in other.prefix { " -".contains($0) }.count > indent }
            let end = lines[(index + 1)...].prefix(while: isDeeper).endIndex
            return Key(line: index + 1, head: String(head), path: path, end: end)
        }
    }()

    /// The text with this value in the place of the key's own.
    static func text(with value: String, for key: Key) -> String {
        var lines = lines
        lines.replaceSubrange((key.line - 1)..<key.end, with: ["\(key.head): \(value)"])
        return lines.joined(separator: "\n")
    }

    /// The text without the key.
    static func text(without key: Key) -> String {
        var lines = lines
        lines.removeSubrange((key.line - 1)..<key.end)
        let indent = key.head.prefix { " -".contains($0) }
        // The next one is the first of its list's item now.
        if indent.contains("-") { lines[key.line - 1] = String(indent) + lines[key.line - 1].dropFirst(indent.count) }
        return lines.joined(separator: "\n")
    }

    /// The text with another key of the name before this one.
    static func text(with name: String, before key: Key) -> String {
        var lines = lines
        let indent = key.head.prefix { " -".contains($0) }
        lines[key.line - 1] = lines[key.line - 1].replacing("- ", with: "  ")
        lines.insert("\(indent)\(name): 1", at: key.line - 1)
        return lines.joined(separator: "\n")
    }

    /// Values that are wrong for this key, whatever it is: another kind, nothing, a number, a truth value.
    static func wrongValues(for key: Key) -> [String] {
        let isConstant = ["value", "default"].contains(key.name)
        let isBoolean = ["header", "ordered", "trim"].contains(key.name)
        let isCount = ["workers", "records"].contains(key.name)
        return ["[[x]]", "{ nonsense: { a: [1] } }"]
            + (isConstant ? [] : ["~", "\"\""])
            + (isConstant || isBoolean ? [] : ["true"])
            + (isConstant || isCount ? [] : ["5"])
    }
}
