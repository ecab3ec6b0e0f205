import Model

/// One line that says how a run stands.
struct ProgressLine {
    let run: RunView

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

    /// Of the planned records; nil while it is not known how many there are.
    private var share: Double? {
        guard run.planComplete, run.counts.planned > 0 else { return nil }
        return min(1, Double(run.counts.attempted) / Double(run.counts.planned))
    }

    private var details: [String] {
        var parts: [String] = []
        let obstacle = run.blockedOn.map { ["waiting: \(Human.safe($0))"] } ?? []
        if run.counts.planned == 0, !run.planComplete { return (run.state == .running ? ["planning"] : []) + obstacle }
        if let share { parts.append("\(Int(share * 100))%") }
        let planned = Human.count(run.counts.planned) + (run.planComplete ? "" : " or more")
        parts.append("\(Human.count(run.counts.attempted)) of \(planned)")
        if run.counts.rejected > 0 { parts.append("\(Human.count(run.counts.rejected)) rejected") }
        if run.state == .running, run.rate > 0 { parts.append(Human.rate(run.rate)) }
        if run.state == .running, let left = run.secondsLeft { parts.append("\(Human.duration(seconds: left)) left") }
        if run.counts.indeterminate > 0 { parts.append("\(Human.count(run.counts.indeterminate)) in flight") }
        return parts + obstacle
    }
}
