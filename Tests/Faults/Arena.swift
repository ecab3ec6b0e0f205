import Model

/// A source and a destination for the kill harness, and the destination's own word of what was written to it.
///
/// The job in `configuration` is `contacts`. A `RecordArena` or a `SwapArena` has its judge with it.
protocol Arena: AnyObject {
    /// In the harness's table.
    var name: String { get }
    var configuration: String { get }
    /// Of the server and its workers.
    var environment: [String: String] { get }
    /// Where workers are killed.
    var sites: [KillSite] { get }
    /// Puts the destination back to how it was before any run.
    func reset() throws
    /// Holds the verdicts of a run that has ended, by key, against the destination.
    ///
    /// - Parameter isWhole: the run completed, so that everything must be there.
    func judge(_ verdicts: [Int: Verdict], isWhole: Bool) throws -> Judgement
    /// When the last effect was committed, by the destination's clock; nil where it does not say.
    func lastEffectAt() throws -> Timestamp?
}

/// A fault site of the worker, at which one is killed at its first to `passesMax`th pass. A run has to pass it so often.
struct KillSite {
    let name: String
    let passesMax: Int

    private static let names = [
        "before_intent", "after_intent", "after_permit", "in_commit", "during_commit", "before_outcome",
        "after_outcome",
    ]
    /// Those of every write, in a run of a write for each batch.
    static let ofWrites = names.map { KillSite(name: $0, passesMax: ArenaData.records / ArenaData.batch / 4) }
    /// Those of a mirror's deletes, of which there are a few batches.
    static let ofDeletes = names.map { KillSite(name: "deletes.\($0)", passesMax: 2) }
    /// Those of the one swap.
    static let ofSwap = names.map { KillSite(name: "swap.\($0)", passesMax: 1) }
}

extension Arena {
    var sites: [KillSite] { KillSite.ofWrites }
}

/// One whose records are written each for itself: upserts, appended records, deletes.
protocol RecordArena: Arena {
    /// How often each key was written since `reset`; keys that were not are absent.
    func effects() throws -> [Int: Int]
    /// Of a run that was not disturbed.
    var effectsOfWholeRun: Int { get }
}

extension RecordArena {
    func judge(_ verdicts: [Int: Verdict], isWhole: Bool) throws -> Judgement {
        Judgement(verdicts, effects: try effects(), whole: isWhole ? effectsOfWholeRun : nil)
    }
}

/// One whose table is replaced, all of it or nothing.
protocol SwapArena: Arena {
    /// The rows of the table as it is, in the order of the key, with everything that tells them from others
    /// (their `ctid` and `xmin`, too, where the old table must be the very same).
    func rows() throws -> [String]
    /// `rows()` after the last `reset`.
    var oldRows: [String] { get }
    /// Whether these are those of the new table, whole.
    func isNew(_ rows: [String]) -> Bool
    /// Records of the source, each of which a run that was not disturbed has applied.
    var records: Int { get }
}

extension SwapArena {
    /// There is one swap among many batches; half of the kills are meant for it.
    var sites: [KillSite] { KillSite.ofWrites + KillSite.ofSwap }

    func judge(_ verdicts: [Int: Verdict], isWhole: Bool) throws -> Judgement {
        let rows = try rows()
        let table: Judgement.Table = isNew(rows) ? .new : rows == oldRows ? .old : .neither
        return Judgement(verdicts, table: table, records: records, isWhole: isWhole)
    }
}

/// The data of the arenas: ids 1...records; an odd third is new at the destination, a tenth is the same on both sides, the
/// rest is updated.
enum ArenaData {
    static let records = 800
    static let batch = 50

    static func isUnchanged(_ id: Int) -> Bool { id % 10 == 0 }

    /// Of the records that a run upserts.
    static var changes: Int { (1...records).count { !isUnchanged($0) } }

    /// What the job makes of a record.
    static func email(_ id: Int) -> String { "new\(id)@example.com" }

    /// SQL of the source's rows, as id, email and name, from a relation `n` of the ids `i`.
    static let source = "SELECT i, 'New' || i || '@example.com', 'Name ' || i FROM n"
    /// SQL of the destination's rows before any run.
    static let before = """
        SELECT i, CASE WHEN i % 10 = 0 THEN 'new' ELSE 'old' END || i || '@example.com', 'Name ' || i
          FROM n WHERE i % 10 = 0 OR i % 3 <> 1
        """
    /// The relation `n`, in PostgreSQL and SQLite.
    static let ids = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(records))"

    /// - Parameters:
    ///   - source: the connection's settings in YAML, a table `contacts` in it.
    ///   - stream: the settings of the stream behind `stream: contacts`.
    static func configuration(source: String, destination: String, stream: String) -> String {
        """
        connections:
          app: \(source)
          crm: \(destination)
        jobs:
          contacts:
            source: app
            destination: crm
            workers: 2
            batch: { records: \(batch) }
            streams:
              - { stream: contacts, map: { email: { from: email, case: lower } }, \(stream) }
        """
    }
}
