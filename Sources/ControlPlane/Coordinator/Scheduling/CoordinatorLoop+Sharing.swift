import Decisions
import Model

extension CoordinatorLoop {
    /// Gives every run that goes on, and those that wait for their turn, an even share of the slots; what one cannot use
    /// goes to the others. Runs shrink to their share at batch boundaries.
    func shareSlots() {
        let live = runs.values.map(\.machine).filter {
            !$0.record.state.isTerminal && $0.record.state != .terminating && $0.record.state != .reconciling
        }
        let waiting = queued.filter { freezes[$0.job.destination] == nil }
        var wants = live.map { (number: $0.record.number, run: RunID?.some($0.record.id), most: $0.limits.workers) }
        wants += waiting.map {
            (number: $0.record.number, run: nil, most: min($0.job.workers ?? settings.slots, settings.slots))
        }
        wants.sort { $0.number < $1.number }
        var shares = Array(repeating: 0, count: wants.count)
        var left = settings.slots
        while left > 0 {
            let hungry = wants.indices.filter { shares[$0] < wants[$0].most }
            guard !hungry.isEmpty else { break }
            for index in hungry.prefix(left) { shares[index] += 1 }
            left -= min(left, hungry.count)
        }
        for (index, want) in wants.enumerated() {
            guard let run = want.run else { continue }
            act(on: run) { $0.shareChanged(max(1, shares[index]), now) }
        }
    }
}
