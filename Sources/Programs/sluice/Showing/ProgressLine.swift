import Model

/// One line that says how a run stands.
struct ProgressLine {
    let run: RunView
    /// Nil: how long nothing has happened is not looked at.
    var now: Timestamp?

    /// A run that has not got on for so long waits for something; a batch is 2 s of work at most.
    private static let patience = Duration.seconds(5)

    /// `run 12 contacts  running  [#####.....]  50%  40,000 of 80,000  700/s  58s left`, at most `columns` wide.
    func bar(columns: Int) -> String {
        let front = "run \(run.number) \(run.job)  \(run.state.rawValue)"
        let back = details.joined(separator: "  ")
        let space = columns - front.count - back.count - 7
        guard let share, space >= 10 else { return String("\(front)  \(back)".prefix(max(0, columns - 1))) }
        let width = min(space, 40)
        let full = Int((share * Double(width)).rounded(.down))
        let bar = String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
        return "\(front)  [\(bar)]  \(back)"
    }

    /// `run 12 contacts: running, 50%, 40,000 of 80,000, 700/s, 58s left`
    var plain: String {
        (["run \(run.number) \(run.job): \(run.state.rawValue)"] + details).joined(separator: ", ")
    }

    /// Records that are over: written, found as they should be, or refused. Not those that were rolled back.
    private var done: Int {
        run.counts.attempted - run.counts.notApplied + run.counts.quarantined + run.counts.staged
    }

    /// Records that the run is about: of a stream that was cancelled alone only those that it had begun.
    private var total: Int { max(done, run.counts.planned - (run.cancel == nil ? run.withheld : 0)) }

    private var isPlanned: Bool {
        run.planComplete || !run.streams.isEmpty && run.streams.allSatisfy { $0.planComplete || $0.cancel != nil }
    }

    /// Of the records it is about; nil while it is not known how many there are.
    private var share: Double? {
        isPlanned && total > 0 ? Double(done) / Double(total) : nil
    }

    private var details: [String] {
        let counts = run.counts
        let obstacle = run.blockedOn.map { ["waiting: \(Human.safe($0))"] } ?? []
        if counts.planned == 0, !isPlanned { return (run.state == .running ? ["planning"] : []) + obstacle }
        var parts: [String] = []
        if let share { parts.append("\(Int(share * 100))%") }
        parts.append("\(Human.count(done)) of \(Human.count(total))\(isPlanned ? "" : " or more")")
        let others = [
            (counts.staged, "staged"), (counts.rejected, "rejected"), (counts.quarantined, "quarantined"),
            (counts.notApplied, "not applied"),
        ]
        parts += others.filter { $0.0 > 0 }.map { "\(Human.count($0.0)) \($0.1)" }
        if run.state == .running, let idle {
            parts.append("nothing new for \(Human.duration(seconds: idle))")
        } else if run.state == .running, run.rate > 0 {
            parts.append(Human.rate(run.rate))
            if let left = run.secondsLeft { parts.append("\(Human.duration(seconds: left)) left") }
        }
        if counts.indeterminate > 0 { parts.append("\(Human.count(counts.indeterminate)) in flight") }
        return parts + obstacle
    }

    /// Seconds since the counts last grew, when they should have.
    private var idle: Double? {
        guard let now, let last = run.lastProgressAt ?? run.startedAt else { return nil }
        let time = now.since(last)
        return time > Self.patience ? Double(time.milliseconds) / 1_000 : nil
    }
}
