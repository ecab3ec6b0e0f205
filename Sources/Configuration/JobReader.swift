import Model

/// Reads the `jobs` of a configuration.
struct JobReader {
    let connections: [ConnectionSpec]
    /// Names of connections that are there and could not be read; a job that uses one is not at fault.
    let broken: Set<String>

    static let workersMax = 64
    static let deadlineMax = Duration.seconds(24 * 3600)
    /// Records per second.
    static let rateMax = 1e9

    static let keys = [
        "source", "destination", "workers", "batch", "rate_limit", "deadline", "on_deadline", "ordered", "streams",
    ]
    static let batchKeys = ["records", "bytes"]
    private static let planned = ["schedule", "time_zone", "guards", "alerts", "settings"]

    func jobs(in entry: Entry?) -> [JobSpec] {
        guard let section = entry?.openSection() else { return [] }
        return section.entries.compactMap { name, entry in
            NameRule.check(name, of: "job", at: entry) ? job(name, entry) : nil
        }
    }

    private func job(_ name: String, _ entry: Entry) -> JobSpec? {
        let required = ["source", "destination", "streams"]
        guard let section = entry.section(allowed: Self.keys, planned: Self.planned, required: required)
        else { return nil }
        let source = connection(section["source"])
        let destination = connection(section["destination"])
        let reader = StreamReader(source: source.spec, destination: destination.spec)
        let streams = reader.streams(in: section["streams"])
        // What cannot be read stays out of use: with one mistake the whole configuration does.
        var job = JobSpec(
            name: name,
            source: source.name ?? "",
            destination: destination.name ?? "",
            streams: streams
        )
        job.workers = section["workers"]?.integer(in: 1...Self.workersMax)
        job.batch = section["batch"].map(batch) ?? BatchLimits()
        job.rateLimit = section["rate_limit"].flatMap(rate)
        job.deadline = section["deadline"].flatMap(deadline) ?? job.deadline
        job.onDeadline = section["on_deadline"]?.choice(DeadlineAction.self) ?? job.onDeadline
        job.isOrdered = section["ordered"]?.boolean() ?? job.isOrdered
        return job
    }

    private func connection(_ entry: Entry?) -> (name: String?, spec: ConnectionSpec?) {
        guard let entry, let name = entry.text() else { return (nil, nil) }
        if let spec = connections.first(where: { $0.name == name }) { return (name, spec) }
        if !broken.contains(name) {
            let known = connections.map(\.name)
            let list = known.isEmpty ? "there are none" : "there are: " + known.joined(separator: ", ")
            let hint = NearMiss.hint(for: name, among: known)
            entry.report("connection \"\(name)\" is not under connections\(hint); \(list)")
        }
        return (name, nil)
    }

    private func batch(_ entry: Entry) -> BatchLimits {
        var limits = BatchLimits()
        guard let section = entry.section(allowed: Self.batchKeys, required: []) else { return limits }
        if let records = section["records"]?.integer(in: 1...BatchLimits.recordsMax) {
            limits.records = records
        }
        let bytes = section["bytes"]?.quantity("\(Quantity.sizeForms), from 1KiB to 8MiB") { text in
            Quantity.size(text).flatMap { (1 << 10...BatchLimits.bytesMax).contains($0) ? $0 : nil }
        }
        limits.bytes = bytes ?? limits.bytes
        return limits
    }

    private func rate(_ entry: Entry) -> Double? {
        entry.quantity("\(Quantity.rateForms), at most \(Int(Self.rateMax))/s") { text in
            Quantity.rate(text).flatMap { $0 <= Self.rateMax ? $0 : nil }
        }
    }

    private func deadline(_ entry: Entry) -> Duration? {
        entry.quantity("\(Quantity.durationForms), at most 24h") { text in
            Quantity.duration(text).flatMap { $0 <= Self.deadlineMax ? $0 : nil }
        }
    }
}
