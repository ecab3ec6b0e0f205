import Model

/// Jobs for a person.
enum JobLines {
    static func list(_ jobs: [JobView]) -> [String] {
        guard !jobs.isEmpty else { return ["no jobs yet; \"sluice apply -f sluice.yaml\" makes some"] }
        var table = Table("JOB", ">VERSION", "FROM", "TO", "STATE", "LAST RUN")
        for job in jobs {
            let last = job.lastRun.map { "\($0.number) \($0.state.rawValue)" } ?? "none"
            table.add(
                job.name,
                "\(job.version)",
                job.spec.source,
                job.spec.destination,
                job.isPaused ? "paused" : "active",
                last
            )
        }
        return table.lines
    }

    static func details(_ job: JobView) -> [String] {
        var lines = ["\(job.name), version \(job.version): \(job.spec.source) to \(job.spec.destination)"]
        if job.isPaused {
            let why = Human.safe(job.pausedReason ?? "no reason given")
            lines.append("  paused, so that no schedule starts it: \(why)")
        }
        let workers = job.spec.workers.map { Human.count($0, of: "worker") } ?? "all workers"
        let rate = job.spec.rateLimit.map { "at most \(Human.rate($0))" } ?? "no rate limit"
        let batch =
            "batches of \(Human.count(job.spec.batch.records)) records or \(Human.bytes(UInt64(job.spec.batch.bytes)))"
        lines.append("  \(workers), \(rate), \(batch)")
        lines.append("  graceful cancel: \(Human.duration(job.spec.deadline)), then \(job.spec.onDeadline.rawValue)")
        for stream in job.spec.streams { lines += self.stream(stream) }
        if let last = job.lastRun {
            lines.append("  last run: \(last.number) \(last.state.rawValue), \(Human.time(last.createdAt))")
        }
        return lines
    }

    private static func stream(_ stream: StreamSpec) -> [String] {
        let key = stream.key.isEmpty ? "" : " by \(stream.key.joined(separator: ","))"
        let modes = "\(stream.syncMode.rawValue), \(stream.writeMode.rawValue)\(key)"
        var lines = ["  \(stream.stream) to \(stream.destination) (\(modes))"]
        if let filter = stream.filter { lines.append("    where \(Human.safe(filter))") }
        for mapping in stream.map { lines.append("    \(Human.safe(mapping.field)) = \(origin(of: mapping))") }
        if !stream.drop.isEmpty { lines.append("    drops \(Human.safe(stream.drop.joined(separator: ", ")))") }
        return lines
    }

    private static func origin(of mapping: FieldMapping) -> String {
        var text =
            switch mapping.origin {
            case .column(let name): Human.safe(name)
            case .template(let template): "\"\(Human.safe(template))\""
            case .constant(let constant): "constant \(self.text(of: constant))"
            }
        if mapping.trim { text += ", trimmed" }
        if let letterCase = mapping.letterCase { text += ", \(letterCase.rawValue) case" }
        if let fallback = mapping.fallback { text += ", NULL becomes \(self.text(of: fallback))" }
        if let cast = mapping.cast { text += ", cast to \(cast.rawValue)" }
        return text
    }

    private static func text(of constant: Constant) -> String {
        switch constant {
        case .null: "NULL"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .text(let value): "\"\(Human.safe(value))\""
        }
    }
}
