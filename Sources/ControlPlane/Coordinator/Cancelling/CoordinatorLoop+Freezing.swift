import Decisions
import Model
import Store

extension CoordinatorLoop {
    /// No permit any more for anything that writes to the connection; its runs are held.
    ///
    /// - Returns: the numbers of the runs that write to it.
    func freeze(_ connection: String, actor: String, reason: String?) throws -> [Int] {
        _ = try store.knownConnection(connection)
        if freezes[connection] == nil {
            let freeze = FreezeRecord(connection: connection, actor: actor, reason: reason, at: now)
            freezes[connection] = freeze
            changes.append(.freeze(freeze))
            note("connection_frozen", actor: actor, connection, detail: reason ?? "")
        }
        for id in runs(writingTo: connection) { applyFreeze(to: id) }
        return numbers(writingTo: connection)
    }

    /// What was held for the freeze alone goes on.
    func unfreeze(_ connection: String, actor: String) throws -> [Int] {
        _ = try store.knownConnection(connection)
        let numbers = numbers(writingTo: connection)
        guard freezes.removeValue(forKey: connection) != nil else { return numbers }
        changes.append(.unfreeze(connection: connection))
        note("connection_unfrozen", actor: actor, connection, detail: "")
        for id in runs(writingTo: connection) {
            act(on: id) { $0.destinationUnfrozen(actor: actor, now) }
        }
        return numbers
    }

    /// Tells a run that its destination is frozen, if it is.
    func applyFreeze(to id: RunID) {
        guard let name = runs[id]?.destination.name, let freeze = freezes[name] else { return }
        act(on: id) { $0.destinationFrozen(freeze.said, actor: freeze.actor, now) }
    }

    private func runs(writingTo connection: String) -> [RunID] {
        runs.filter { $0.value.destination.name == connection }.keys.sorted()
    }

    private func numbers(writingTo connection: String) -> [Int] {
        runs(writingTo: connection).compactMap { runs[$0]?.machine.record.number }.sorted()
    }

    private func note(_ event: String, actor: String, _ subject: String, detail: String) {
        changes.append(
            .audit(AuditRecord(at: now, actor: actor, event: event, run: nil, subject: subject, detail: detail))
        )
    }
}

extension FreezeRecord {
    var said: String {
        let why = reason.map { ": \($0)" } ?? ""
        return
            "connection \"\(connection)\" is frozen by \(actor)\(why); \"sluice unfreeze \(connection)\" lets it go on"
    }
}
