import Model

/// Reads what only connections of type `csv` and `jsonl` may say, into the plain texts that a `ConnectionSpec` holds:
/// lists are one entry a line, `types` lines of a column and its type, `roll` is `roll.records` and `roll.bytes`.
enum FileSettingReader {
    static let ofJSONL = ["path", "types", "compress", "roll"]
    static let ofCSV = ofJSONL + ["delimiter", "quote", "header", "columns", "null"]

    static let rollKeys = ["records", "bytes"]

    static let types = [
        "bool", "int16", "int32", "int64", "float32", "float64", "numeric", "text", "bytes", "date", "time",
        "timestamp", "timestamptz", "interval", "uuid", "json", "jsonb",
    ]

    enum Compression: String, CaseIterable {
        case none
        case gzip
        case zstd
    }

    /// Whether a setting is read here and not as any text.
    static func isOwn(_ key: String) -> Bool { key != "path" }

    static func settings(in section: Section) -> [String: String] {
        var settings: [String: String] = [:]
        settings["types"] = section["types"].flatMap(columnTypes)
        settings["compress"] = section["compress"]?.choice(Compression.self)?.rawValue
        if let entry = section["roll"] { settings.merge(roll(entry)) { $1 } }
        settings["delimiter"] = section["delimiter"].flatMap { character($0, or: "tab") }
        settings["quote"] = section["quote"].flatMap { character($0, or: "none") }
        settings["null"] = section["null"]?.text()
        let hasHeader = section["header"].map { $0.boolean() ?? true } ?? true
        if !hasHeader { settings["header"] = "false" }
        settings["columns"] = section["columns"].flatMap(columns)
        if let entry = section["columns"], hasHeader {
            entry.report("\"columns\" names the columns of files without a header; it needs header: false")
        }
        if let entry = section["header"], !hasHeader, section["columns"] == nil {
            entry.report("header: false needs \"columns\", the list of the columns' names")
        }
        return settings
    }

    private static func columnTypes(_ entry: Entry) -> String? {
        guard let section = entry.openSection() else { return nil }
        let lines = section.entries.compactMap { column, entry -> String? in
            guard let type = entry.word(among: types, of: "type") else { return nil }
            return "\(column) \(type)"
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    private static func columns(_ entry: Entry) -> String? {
        guard let names = entry.texts() else { return nil }
        if names.isEmpty { entry.report("expected at least one name, found an empty list") }
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            entry.report("column \"\(name)\" is there twice")
        }
        return names.joined(separator: "\n")
    }

    private static func character(_ entry: Entry, or word: String) -> String? {
        guard let text = entry.text() else { return nil }
        let isCharacter = text.utf8.count == 1 && text.utf8.allSatisfy { $0 < 128 && $0 != 10 && $0 != 13 }
        guard text == word || isCharacter else {
            entry.report("expected one ASCII character or \"\(word)\", found \(entry.found)")
            return nil
        }
        return text
    }

    private static func roll(_ entry: Entry) -> [String: String] {
        guard let section = entry.section(allowed: rollKeys, required: []) else { return [:] }
        if section.entries.isEmpty { entry.report("expected records or bytes, found neither") }
        var counts: [String: String] = [:]
        counts["roll.records"] = section["records"]?.integer(in: 1...BatchLimits.recordsMax).map { "\($0)" }
        let bytes = section["bytes"]?.quantity("\(Quantity.sizeForms), at least 1KiB") { text in
            Quantity.size(text).flatMap { $0 >= 1 << 10 ? $0 : nil }
        }
        counts["roll.bytes"] = bytes.map { "\($0)" }
        return counts
    }
}
