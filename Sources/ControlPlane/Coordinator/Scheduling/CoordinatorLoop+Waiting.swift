import Decisions
import Model

extension CoordinatorLoop {
    /// Keeps with every queued run what it waits for.
    func sayWhyQueued() {
        for place in queued.indices {
            let freeze = freezes[queued[place].job.destination]
            let reason = freeze?.said ?? noFreeSlot
            guard queued[place].record.blockedOn != reason else { continue }
            queued[place].record.blockedOn = reason
            let record = queued[place].record
            changes.append(.updateRun(record, from: .queued))
            guard let freeze else { continue }
            let line = LogRecord(run: record.id, at: now, level: .warning, message: "waits: \(freeze.said)")
            changes.append(.log(line))
        }
    }

    private var noFreeSlot: String? {
        fleet.slotsTaken < settings.slots ? nil : "other runs have all \(settings.slots) workers"
    }
}
