import Model

/// What a run did and what there is to do next, for a person.
struct Receipt {
    let run: RunView
    /// As it is now.
    var job: JobView?
    /// What is to be added to commands so that they reach the same server.
    var suffix = ""
    /// Whether a server is there that commands can reach; without one they can only look.
    var isServed = true

    var lines: [String] {
        var lines = [title]
        if let reason = run.reason, !reason.isEmpty, reason != run.cancel?.reason {
            lines.append("  " + Human.safe(reason))
        }
        lines += run.warnings.map { "  warning: " + Human.safe($0) }
        lines += run.streams.compactMap { stream in
            guard let cancel = stream.cancel else { return nil }
            let why = cancel.reason.map { ", \"\(Human.safe($0))\"" } ?? ""
            let who = "\(Human.safe(cancel.actor)) (\(cancel.mode.rawValue))"
            return "  stream \(name(of: stream)): cancelled by \(who)\(why)"
        }
        if let cancel = run.cancel { lines += [""] + Self.rows(times(of: cancel)) }
        lines += [""] + Self.rows(verdicts)
        if run.streams.count > 1 { lines += streams }
        let next = next
        if !next.isEmpty { lines += ["", "Next:"] + Self.rows(next) }
        return lines
    }

    private var title: String {
        var text = "Run \(run.number) of \(run.job): \(run.state.rawValue)"
        if let cancel = run.cancel, run.state == .cancelled { text += " (\(mode(of: cancel)))" }
        let cancelled = run.streams.count { $0.cancel != nil }
        if run.state == .cancelled, run.cancel == nil, cancelled > 0 {
            text += " in part, \(cancelled) of \(Human.count(run.streams.count, of: "stream"))"
        }
        if run.state == .completed, let started = run.startedAt, let ended = run.endedAt {
            let took = ended.since(started)
            text += " in \(Human.duration(took)), \(Human.count(run.counts.attempted, of: "record"))"
            if took.milliseconds > 0, run.counts.attempted > 0 {
                let rate = Double(run.counts.attempted) * 1_000 / Double(took.milliseconds)
                text += ", \(Human.rate(rate))"
            }
        }
        return text
    }

    private func name(of stream: RunStreamView) -> String {
        guard let destination = stream.destination, destination != stream.stream else {
            return Human.safe(stream.stream)
        }
        return Human.safe("\(stream.stream) to \(destination)")
    }

    /// What became of the records of each stream, where that is known.
    private var streams: [String] {
        let counted = run.streams.compactMap { stream in stream.counts.map { (stream, $0) } }
        guard !counted.isEmpty else { return [] }
        var table = Table("STREAM", ">APPLIED", ">UNCHANGED", ">REJECTED", ">NOT APPLIED", ">NOT ATTEMPTED", "")
        for (stream, counts) in counted {
            table.add(
                name(of: stream),
                Human.count(counts.applied + counts.staged),
                Human.count(counts.unchanged),
                Human.count(counts.rejected + counts.quarantined),
                Human.count(counts.notApplied + counts.unknowable + counts.indeterminate),
                Human.count(counts.notAttempted) + (stream.planComplete ? "" : " or more"),
                stream.cancel == nil ? "" : "cancelled"
            )
        }
        return [""] + table.lines.map { "  " + $0 }
    }

    private func mode(of cancel: CancelRecord) -> String {
        cancel.escalatedAt == nil ? cancel.mode.rawValue : "graceful, then force"
    }

    private func times(of cancel: CancelRecord) -> [(String, String)] {
        let reason = cancel.reason.map { ", \"\(Human.safe($0))\"" } ?? ""
        var rows = [
            ("asked by", Human.safe(cancel.actor) + reason),
            ("mode", mode(of: cancel)),
            ("requested", Human.clock(cancel.requestedAt)),
        ]
        let steps = [
            ("escalated", cancel.escalatedAt), ("last permit", cancel.lastPermitAt), ("last write", cancel.lastWriteAt),
            ("workers dead", cancel.workersDeadAt), ("fenced", cancel.fencedAt), ("reconciled", cancel.reconciledAt),
        ]
        for case (let name, let time?) in steps {
            let distance = time.since(cancel.requestedAt)
            let text = distance < .zero ? "\(Human.duration(.zero - distance)) before" : "+\(Human.duration(distance))"
            rows.append((name, "\(Human.clock(time))  \(text)"))
        }
        return rows
    }

    private var verdicts: [(String, String)] {
        let counts = run.counts
        var kinds: [String] = []
        for (number, word) in [
            (counts.inserted, "inserted"), (counts.updated, "updated"), (counts.deleted, "deleted"),
        ] where number > 0 {
            kinds.append("\(Human.count(number)) \(word)")
        }
        let detail = kinds.isEmpty ? "" : "  (\(kinds.joined(separator: ", ")))"
        var rows = [("applied", Human.count(counts.applied) + detail), ("unchanged", Human.count(counts.unchanged))]
        let others = [
            ("rejected", counts.rejected), ("not applied", counts.notApplied), ("conflicted", counts.conflicted),
            ("unknowable", counts.unknowable), ("indeterminate", counts.indeterminate),
            ("quarantined", counts.quarantined), ("staged", counts.staged),
        ]
        rows += others.filter { $0.1 > 0 }.map { ($0.0, Human.count($0.1)) }
        if counts.planned == 0, !run.planComplete {
            rows.append(("not attempted", "all: nothing had been planned"))
        } else if run.state != .completed || counts.notAttempted > 0 {
            let planned = Human.count(counts.planned) + (run.planComplete ? "" : " or more")
            rows.append(("not attempted", "\(Human.count(counts.notAttempted)) of \(planned) planned"))
        }
        return rows
    }

    private var next: [(String, String)] {
        let counts = run.counts
        let number = run.number
        var steps: [(String, String)] = []
        func add(_ command: String, _ why: String) {
            steps.append(("sluice \(command)\(suffix)", why))
        }
        if run.isUnattended {
            let goesOn = run.state == .running || run.state == .queued
            add("serve", "no server is running; one takes it up" + (goesOn ? ", and it goes on" : ""))
            if goesOn { add("serve --hold", "or waits for \"sluice release\" or \"sluice cancel\"") }
        } else if isServed, run.state == .held {
            if run.hold?.cause == .frozen {
                add("unfreeze \(job?.spec.destination ?? "CONNECTION")", "let writes go on")
            } else {
                add("release \(number)", "let it go on")
            }
            add("cancel \(number)", "or stop it")
        } else if isServed, !run.state.isTerminal {
            add("watch \(number)", run.state == .queued || run.state == .running ? "it goes on" : "it is ending")
        }
        if counts.applied > 0 { add("records \(number)", "what was written, field by field") }
        if counts.rejected > 0 { add("records \(number) --verdict rejected", "which records were refused, and why") }
        if counts.unknowable > 0 {
            add("records \(number) --verdict unknowable", "records of which nobody can tell any more")
        }
        if counts.quarantined > 0 {
            add("records \(number) --verdict quarantined", "records that workers died of")
        }
        if isServed, run.state.isTerminal, job?.isPaused == true {
            add("jobs resume \(run.job)", "no schedule starts it, now that it is paused")
        }
        return steps
    }

    private static func rows(_ rows: [(String, String)]) -> [String] {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { "  \($0.0)" + String(repeating: " ", count: width - $0.0.count + 2) + $0.1 }
    }
}
