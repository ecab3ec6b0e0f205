/// Records with after < key <= through in the order of the key; a missing bound is open.
///
/// The values are one per key column, in the source connector's own text form; nobody else reads them.
public struct KeyRange: Hashable, Sendable, Codable {
    public var after: [String]?
    public var through: [String]?

    public init(after: [String]? = nil, through: [String]? = nil) {
        self.after = after
        self.through = through
    }

    /// A range of one record in words: `the record 7`, or where its upper bound is open `the record behind 6`.
    public var recordText: String {
        if let through { return "the record \(through.joined(separator: ","))" }
        return after.map { "the record behind \($0.joined(separator: ","))" } ?? "the only record"
    }
}
