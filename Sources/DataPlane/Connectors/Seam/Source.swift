public import Model

/// What is read of one stream: some columns of the records that the filter admits, in the order of the key.
public struct Scan: Sendable, Hashable {
    public var stream: String
    public var columns: [String]
    /// Source columns that order and partition the records; unique together. Empty for a positional stream, and one that has
    /// places, whose records are read in the order of these.
    public var key: [String]
    public var filter: Filter?

    public init(stream: String, columns: [String], key: [String], filter: Filter? = nil) {
        self.stream = stream
        self.columns = columns
        self.key = key
        self.filter = filter
    }
}

public struct PlannedRange: Sendable, Hashable {
    public var range: KeyRange
    /// Number of records in it at the time of planning.
    public var records: Int

    public init(range: KeyRange, records: Int) {
        self.range = range
        self.records = records
    }
}

/// A system that records are read from. One instance belongs to one thread of one worker process; calls block.
///
/// Errors are `SluiceError`: `unreachable`, `denied`, `notFound`, `invalid`, `unsupported`, with `isRetriable` set where trying
/// again may help. A source never writes.
public protocol Source: AnyObject {
    /// Connects if necessary and proves that reading works. Idempotent.
    func check() throws

    /// The streams of this system (all, or the one named). An unknown name is `notFound` and lists near names.
    func discover(stream: String?) throws -> [StreamDescription]

    /// Opens the view of the data that every later `plan` and `read` uses, and keeps it until `close`.
    ///
    /// - Parameter token: a view that another process holds open and is to be shared; nil: a new one.
    /// - Returns: a token with which others can share this very view as long as this process keeps it (re-exported, so that no
    ///   single process is needed by all); nil where the system has no shareable views.
    /// - Throws: `conflict` when the token's holder is gone.
    func openSnapshot(adopting token: String?) throws -> String?

    /// Cuts the scan into ranges of at most `recordsPerRange` records, in the order of the key, without holding the keys in
    /// memory. The first range begins and the last ends where `range` does. `emit` is called as they are found; what it
    /// throws ends the planning.
    ///
    /// - Parameter range: plan only the records in it.
    func plan(
        _ scan: Scan,
        recordsPerRange: Int,
        range: KeyRange,
        emit: (PlannedRange) throws -> Void
    ) throws

    /// Reads the records of a range, in the order of the key, and appends them to `batch`, whose width is the number of
    /// `scan.columns`. Fields are in the canonical encoding of the types that `discover` gave. A record that cannot be read
    /// is a row with a rejection.
    ///
    /// - Throws: `conflict` when a file is not the one any more that was planned, or the view not the one in which places were.
    func read(_ scan: Scan, range: KeyRange, into batch: inout RowBatch) throws

    /// Lets go of the view and the connection. Idempotent.
    func close()
}
