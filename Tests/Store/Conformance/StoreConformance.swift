import Model
import Store
import Testing

/// What every store must do, as closures over a way to open one: the same place, closed and opened again.
struct StoreConformance: Sendable {
    struct Check: Sendable, CustomTestStringConvertible {
        let name: String
        /// Opens the store of this check; a second call comes after the first store is gone.
        let run: @Sendable (_ open: () throws -> any Store) throws -> Void

        var testDescription: String { name }
    }

    static let checks: [Check] =
        configuration + runs + permits + endings + records + verdicts
        + retries

    /// Applies changes that must lose a race, and expects the store to be as before; returns what the loss says.
    static func losing(
        _ store: any Store,
        _ changes: [StoreChange],
        run: RunID,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let before = try everything(store, run: run)
        var detail = ""
        do {
            try store.apply(changes)
            Issue.record("the changes were applied", sourceLocation: sourceLocation)
        } catch StoreError.lostRace(let found) {
            detail = found
        }
        #expect(try everything(store, run: run) == before, sourceLocation: sourceLocation)
        return detail
    }

    /// All that a run has in the store, as one text.
    static func everything(_ store: any Store, run: RunID) throws -> [String] {
        try store.connections().map { "\($0)" } + store.jobs().map { "\($0)" }
            + store.runs(job: nil, activeOnly: false, limit: 1_000, before: nil).map { "\($0)" }
            + store.batches(run: run).map { "\($0)" } + store.attempts(run: run).map { "\($0)" }
            + store.writes(run: run).map { "\($0)" } + store.workers(run: nil).map { "\($0)" }
            + store.audit(run: nil, limit: 1_000).map { "\($0)" }
    }
}
