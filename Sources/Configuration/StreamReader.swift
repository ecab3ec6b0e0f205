import Model

/// Reads the `streams` of a job.
struct StreamReader {
    /// Nil: not known, because it is missing or mistaken.
    let source: ConnectionSpec?
    let destination: ConnectionSpec?

    static let keys = [
        "stream", "sync_mode", "write_mode", "max_deletes", "key", "destination", "filter", "map", "drop",
    ]
    private static let planned = ["cursor", "fallback_cursor", "normalization", "partitioning", "guards"]

    func streams(in entry: Entry?) -> [StreamSpec] {
        guard let entry, let entries = entry.list() else { return [] }
        if entries.isEmpty { entry.report("expected at least one stream, found an empty list") }
        var streams: [StreamSpec] = []
        for entry in entries {
            guard let stream = stream(entry) else { continue }
            if let other = streams.first(where: { $0.destination == stream.destination }) {
                if other.stream == stream.stream {
                    entry.report("stream \"\(stream.stream)\" to \"\(stream.destination)\" is there twice")
                } else if [other, stream].contains(where: { $0.writeMode == .mirror }) {
                    entry.report(
                        "\"\(other.stream)\" and \"\(stream.stream)\" both write \"\(stream.destination)\"; a table that is "
                            + "mirrored to takes one stream"
                    )
                } else {
                    entry.warn("\"\(other.stream)\" and \"\(stream.stream)\" both write \"\(stream.destination)\"")
                }
            }
            streams.append(stream)
        }
        return streams
    }

    private func stream(_ entry: Entry) -> StreamSpec? {
        guard let section = entry.section(allowed: Self.keys, planned: Self.planned, required: ["stream"])
        else { return nil }
        let readName = section["stream"]?.text()
        let name = readName ?? ""
        let target = section["destination"].map { $0.text() ?? name } ?? defaultDestination(of: name)
        var stream = StreamSpec(stream: name, destination: target, key: [])
        if let mode = section["sync_mode"]?
            .choice(SyncMode.self, planned: ["incremental", "cdc", "strict_cdc"])
        {
            stream.syncMode = mode
        }
        if let mode = section["write_mode"]?.choice(WriteMode.self) {
            stream.writeMode = mode
        }
        stream.maxDeletes = section["max_deletes"].flatMap { maxDeletes($0, of: stream) }
        checkMode(stream, at: section["write_mode"] ?? entry)
        stream.filter = section["filter"].flatMap(filter)
        stream.map = section["map"].map(MappingReader.mappings) ?? []
        stream.drop = section["drop"]?.texts() ?? []
        stream.key = key(section["key"], of: stream, at: entry)
        checkSelfCopy(stream, at: section["destination"] ?? entry)
        return readName == nil ? nil : stream
    }

    /// What the kind of destination can do; the worker asks the connector again.
    private func checkMode(_ stream: StreamSpec, at entry: Entry) {
        guard let destination else { return }
        let modes = Self.modes[destination.type] ?? [.upsert]
        guard !modes.contains(stream.writeMode) else { return }
        let allowed = modes.map { "write_mode: \($0.rawValue)" }.joined(separator: ", ")
        entry.report(
            "connection \"\(destination.name)\" (\(destination.type)) has no write mode "
                + "\(stream.writeMode.rawValue); allowed: \(allowed)"
        )
    }

    private static let modes: [String: [WriteMode]] = [
        "postgres": [.upsert, .append, .replace, .mirror], "sqlite": [.upsert, .append, .replace, .mirror],
        "csv": [.append],
        "jsonl": [.append],
    ]

    /// A share of the rows that the stream has written.
    private func maxDeletes(_ entry: Entry, of stream: StreamSpec) -> Double? {
        guard stream.writeMode == .mirror else {
            entry.report("only write_mode: mirror deletes; this stream's is \(stream.writeMode.rawValue)")
            return nil
        }
        let share: Double? =
            switch entry.constant() {
            case .integer(let number): Double(number)
            case .real(let number): number
            default: nil
            }
        guard let share, (0...1).contains(share) else {
            entry.report("expected a share from 0 to 1, such as 0.01 for a hundredth, found \(entry.found)")
            return nil
        }
        return share
    }

    /// The stream's own name, without its schema where the destination has none.
    private func defaultDestination(of stream: String) -> String {
        guard ["sqlite", "csv", "jsonl"].contains(destination?.type), let dot = stream.lastIndex(of: ".") else {
            return stream
        }
        return String(stream[stream.index(after: dot)...])
    }

    private func filter(_ entry: Entry) -> String? {
        guard let text = entry.text() else { return nil }
        do {
            _ = try FilterParser.parse(text)
        } catch {
            entry.report("\(error)")
        }
        return text
    }

    private func key(_ keyEntry: Entry?, of stream: StreamSpec, at entry: Entry) -> [String] {
        guard let keyEntry else {
            if !stream.writeMode.isByKey { return [] }
            entry.report(
                "\"key\" is missing; write mode \(stream.writeMode.rawValue) needs the destination fields that identify a "
                    + "record, for example key: [id]"
            )
            return []
        }
        guard let key = keyEntry.texts() else { return [] }
        if key.isEmpty { keyEntry.report("expected at least one field, found an empty list") }
        for (index, field) in key.enumerated() {
            if key[..<index].contains(field) { keyEntry.report("field \"\(field)\" is there twice") }
            let mapping = stream.map.first { $0.field == field }
            if mapping == nil, stream.drop.contains(field) {
                keyEntry.report("key field \"\(field)\" is dropped and not mapped")
            }
        }
        let constants = stream.map.filter {
            if case .constant = $0.origin { return key.contains($0.field) }
            return false
        }
        if !key.isEmpty, constants.count == key.count {
            keyEntry.report("every record would have the same key: \(key.joined(separator: ", ")) is constant")
        }
        return key
    }

    private func checkSelfCopy(_ stream: StreamSpec, at entry: Entry) {
        guard let source, let destination, source.type == destination.type,
            source.settings == destination.settings,
            plain(stream.stream, in: source.type) == plain(stream.destination, in: source.type)
        else { return }
        let system =
            source.name == destination.name
            ? "connection \"\(source.name)\""
            : "connections \"\(source.name)\" and \"\(destination.name)\", which are the same system"
        entry.report("\"\(stream.stream)\" would be written onto itself: source and destination are \(system)")
    }

    private func plain(_ table: String, in type: String) -> String {
        let schema = type == "sqlite" ? "main." : "public."
        let name = table.hasPrefix(schema) ? String(table.dropFirst(schema.count)) : table
        // SQLite's table names know no case.
        return type == "sqlite" ? name.lowercased() : name
    }
}
