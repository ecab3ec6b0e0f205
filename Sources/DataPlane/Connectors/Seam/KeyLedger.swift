internal import Drivers
public import Model

/// The keys of a stream's records, as a destination keeps account of them in the very transactions that write the rows:
/// a write that is rolled back, by whatever death, leaves nothing in the account either.
public struct KeyLedger: Sendable, Hashable {
    public var installation: InstallationID
    public var run: RunID
    public var job: String
    /// At the source.
    public var stream: String
    /// The stream is mirrored: the keys of the rows that it has inserted or updated are kept as well, from run to run.
    public var isMirror: Bool

    public init(installation: InstallationID, run: RunID, job: String, stream: String, isMirror: Bool) {
        self.installation = installation
        self.run = run
        self.job = job
        self.stream = stream
        self.isMirror = isMirror
    }

    /// The job's stream and where it goes, 16 hexadecimal digits: the same in every run.
    ///
    /// - Parameter place: the destination's name of the table.
    func owner(of place: String) -> String {
        var hash = HashStream()
        hash.update(delimited: installation.bytes)
        for part in [job, stream, place] { hash.update(delimited: part.utf8) }
        return hash.finish().prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension RunID {
    /// 32 hexadecimal digits, as the names of a run's tables carry them.
    var digits: String { description.filter { $0 != "-" } }
}

/// A destination that can keep account of keys. What `Destination` says of threads and errors holds here, too.
public protocol LedgerDestination: Destination {
    /// From now on `stage` enters the key of every record, whatever becomes of the record, and rejects as `duplicate_key`
    /// those whose key an earlier write of the run has entered. Idempotent; by every worker of a run, after `resolve`.
    ///
    /// - Returns: the target with its ledger.
    /// - Throws: `unsupported` or `denied` where no account can be kept, or where the ledger is a mirror's and deletes in this
    ///   table could not be accounted for.
    func keep(_ ledger: KeyLedger, of target: Target) throws -> Target

    /// What a mirror's run is going to delete: the rows that are the stream's own and whose key none of its records has had.
    /// Numbers them from 1 in the order of their keys. Idempotent: asked again, it gives what was found first. Only when every
    /// record of the stream is done.
    func planDeletes(of target: Target) throws -> DeletePlan

    /// As `stage`, for the rows with these numbers. A row that is gone already is planned as `.unchanged`, one that the table
    /// does not let go as `.reject`; both have a place in the plans, by number. `before` holds the deleted rows.
    ///
    /// - Returns: also what the table holds of the rows planned as `.reject`; the others are NULL there.
    func stageDeletes(
        _ identity: WriteIdentity,
        target: Target,
        numbers: ClosedRange<Int>
    ) throws -> (staged: StagedWrite, rows: RowBatch)
}

public struct DeletePlan: Sendable, Hashable {
    public var rows: Int
    /// All that are the stream's own, those to be deleted among them.
    public var owned: Int
    /// Records of the run without a readable key: one of them may be that of any row.
    public var keyless: Int

    public init(rows: Int, owned: Int, keyless: Int) {
        self.rows = rows
        self.owned = owned
        self.keyless = keyless
    }
}
