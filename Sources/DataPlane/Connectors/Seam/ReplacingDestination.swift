public import Model

/// A destination that can build a table beside the one that is there and put it in its place as one write.
///
/// The table in place must be one that Sluice made, or was told to take over, and nothing else may depend on it. The
/// order for a stream: `resolve(replacement:)` by every worker → `stage` … `commit` for its batches, which fill the new
/// table → `stageSwap` → INTENT → `apply` → permit → `commit`. The old table is kept for 24 h beside the new one.
public protocol ReplacingDestination: Destination {
    /// Makes the new table of a stream, empty, unless it is there, and removes what earlier runs of the stream left.
    ///
    /// - Returns: the target to stage its records to: `table` is the name of the table that is replaced, `mode` is `replace`.
    /// - Throws: `conflict` when the table in place is not Sluice's or something depends on it, `denied` naming the right
    ///   that is missing, `invalid` for a column that cannot be made.
    func resolve(replacement: Replacement) throws -> Target

    /// Opens a transaction in which `apply` puts the new table in the place of the old one. Plans no rows.
    ///
    /// - Parameter records: how many the new table must hold.
    /// - Throws: `WriteFailure`; `conflict` within it when the new table holds another number of records.
    func stageSwap(_ identity: WriteIdentity, target: Target, records: Int) throws -> StagedWrite
}

/// The new table of a stream in a run.
public struct Replacement: Sendable, Hashable {
    public var installation: InstallationID
    public var run: RunID
    public var job: String
    public var streamIndex: Int
    /// Whose place it takes.
    public var table: String
    /// `nativeType` is the destination's own name of the type, or "" where it goes by `type`.
    public var columns: [ColumnDescription]
    /// Names of columns; empty: none.
    public var key: [String]

    public init(
        installation: InstallationID,
        run: RunID,
        job: String,
        streamIndex: Int,
        table: String,
        columns: [ColumnDescription],
        key: [String]
    ) {
        self.installation = installation
        self.run = run
        self.job = job
        self.streamIndex = streamIndex
        self.table = table
        self.columns = columns
        self.key = key
    }

    /// Names what the destination keeps for it: `new_<run>_<stream>`, 39 bytes at least.
    public func name(_ what: String) -> String { "\(Self.prefix(what, of: run))\(streamIndex)" }

    public static func prefix(_ what: String, of run: RunID) -> String {
        "\(what)_\(run.description.replacing("-", with: ""))_"
    }
}
