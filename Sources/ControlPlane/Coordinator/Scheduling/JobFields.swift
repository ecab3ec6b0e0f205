import Model

/// A job as a list of fields with their values in the words of `sluice.yaml`, defaults filled in, so that two versions can
/// be compared field by field.
struct JobFields {
    private var fields: [(path: String, value: String)] = []

    /// The fields that differ: those of `after` in their order, then those that only `before` has.
    static func differences(between before: JobSpec, and after: JobSpec) -> [FieldDifference] {
        let old = JobFields(before, labels: labels(before, after)).fields
        let new = JobFields(after, labels: labels(after, before)).fields
        let oldValues = Dictionary(old, uniquingKeysWith: { first, _ in first })
        let newValues = Dictionary(new, uniquingKeysWith: { first, _ in first })
        return new.filter { oldValues[$0.path] != $0.value }
            .map { FieldDifference(path: $0.path, before: oldValues[$0.path], after: $0.value) }
            + old.filter { newValues[$0.path] == nil }
            .map { FieldDifference(path: $0.path, before: $0.value, after: nil) }
    }

    /// What each stream is called: its name, with its destination where a version has several of that name.
    private static func labels(_ job: JobSpec, _ other: JobSpec) -> [String] {
        let names = [job, other].map { $0.streams.map(\.stream) }
        let repeated = Set(names.flatMap { names in names.filter { name in names.count { $0 == name } > 1 } })
        return job.streams.map { repeated.contains($0.stream) ? "\($0.stream) to \($0.destination)" : $0.stream }
    }

    private init(_ job: JobSpec, labels: [String]) {
        add("source", job.source)
        add("destination", job.destination)
        add("workers", job.workers.map(String.init))
        add("batch.records", String(job.batch.records))
        add("batch.bytes", size(job.batch.bytes))
        add("rate_limit", job.rateLimit.map(rate))
        add("deadline", duration(job.deadline))
        add("on_deadline", job.onDeadline.rawValue)
        add("ordered", job.isOrdered ? "true" : "false")
        add("streams", "[\(labels.joined(separator: ", "))]")
        for (stream, label) in zip(job.streams, labels) { add(stream, at: "streams[\(label)]") }
    }

    private mutating func add(_ path: String, _ value: String?) {
        if let value { fields.append((path, value)) }
    }

    private mutating func add(_ stream: StreamSpec, at path: String) {
        add("\(path).destination", stream.destination)
        add("\(path).sync_mode", stream.syncMode.rawValue)
        add("\(path).write_mode", stream.writeMode.rawValue)
        if stream.writeMode == .mirror {
            add("\(path).max_deletes", (stream.maxDeletes ?? StreamSpec.defaultMaxDeletes).description)
        }
        add("\(path).key", stream.key.isEmpty ? nil : list(stream.key))
        add("\(path).filter", stream.filter)
        add("\(path).map", stream.map.isEmpty ? nil : list(stream.map.map(\.field)))
        for mapping in stream.map { add(mapping, at: "\(path).map.\(name(mapping.field))") }
        add("\(path).drop", stream.drop.isEmpty ? nil : list(stream.drop))
    }

    /// A template always has braces; a constant has a path of its own.
    private mutating func add(_ mapping: FieldMapping, at path: String) {
        switch mapping.origin {
        case .column(let name): add(path, name)
        case .template(let text): add(path, text)
        case .constant(let constant): add("\(path).value", self.text(of: constant))
        }
        add("\(path).trim", mapping.trim ? "true" : nil)
        add("\(path).case", mapping.letterCase?.rawValue)
        add("\(path).default", mapping.fallback.map(text))
        add("\(path).cast", mapping.cast?.rawValue)
    }

    private func text(of constant: Constant) -> String {
        switch constant {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .real(let value): value.description
        case .text(let value): quoted(value)
        }
    }

    private func list(_ names: [String]) -> String {
        "[\(names.map(name).joined(separator: ", "))]"
    }

    /// Quoted where it could be taken for more than one name.
    private func name(_ name: String) -> String {
        name.contains { ",.\"[]".contains($0) } ? quoted(name) : name
    }

    private func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }

    private func size(_ bytes: Int) -> String {
        if bytes.isMultiple(of: 1 << 20) { return "\(bytes >> 20)MiB" }
        return bytes.isMultiple(of: 1 << 10) ? "\(bytes >> 10)KiB" : "\(bytes)B"
    }

    /// As a whole number in the largest unit that has one.
    private func duration(_ duration: Duration) -> String {
        let milliseconds = duration / .milliseconds(1)
        let units: [(String, Double)] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)]
        for (unit, factor) in units where (milliseconds / factor).rounded() == milliseconds / factor && milliseconds > 0
        {
            return "\(Int(milliseconds / factor))\(unit)"
        }
        return "\(milliseconds)ms"
    }

    private func rate(_ rate: Double) -> String {
        for (unit, factor) in [("s", 1.0), ("m", 60), ("h", 3_600)] {
            let number = rate * factor
            if abs(number - number.rounded()) < 1e-9 * number, number < 1e15 {
                return "\(Int(number.rounded()))/\(unit)"
            }
        }
        return "\(rate)/s"
    }
}
