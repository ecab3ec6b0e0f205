/// A whole configuration to be applied: nothing of it is, unless all of it can be.
public struct ApplyRequest: Sendable, Hashable, Codable {
    public var connections: [ConnectionSpec]
    public var jobs: [JobSpec]
    /// Only tell what would change; change nothing.
    public var dryRun: Bool

    public init(connections: [ConnectionSpec], jobs: [JobSpec], dryRun: Bool = false) {
        self.connections = connections
        self.jobs = jobs
        self.dryRun = dryRun
    }
}

/// What has changed, or would.
public struct ApplyReply: Sendable, Hashable, Codable {
    public var dryRun: Bool
    /// One for each connection and job of the request: connections first, each in the request's order.
    public var changes: [ApplyChange]

    public init(dryRun: Bool, changes: [ApplyChange]) {
        self.dryRun = dryRun
        self.changes = changes
    }

    /// For a person: a line for each connection and job, below it one for each field that differs.
    public var lines: [String] { changes.flatMap(\.lines) }
}

/// What becomes of one connection or job.
public struct ApplyChange: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable {
        case connection
        case job
    }

    public enum Outcome: String, Sendable, Hashable, Codable {
        case created
        case changed
        case unchanged
    }

    public var kind: Kind
    public var name: String
    public var outcome: Outcome
    /// Of a job, once this is applied.
    public var version: Int?
    /// Of a job that was there.
    public var versionBefore: Int?
    /// Of what changed: each field that differs, in the order of the configuration.
    public var fields: [FieldDifference]

    public init(
        kind: Kind,
        name: String,
        outcome: Outcome,
        version: Int? = nil,
        versionBefore: Int? = nil,
        fields: [FieldDifference] = []
    ) {
        self.kind = kind
        self.name = name
        self.outcome = outcome
        self.version = version
        self.versionBefore = versionBefore
        self.fields = fields
    }

    /// `job contacts: changed (version 3, was 2)`, and `  streams[contacts].map.email: mail -> {first}@x`.
    public var lines: [String] {
        var versions = version.map { " (version \($0)" } ?? ""
        if let before = versionBefore, before != version { versions += ", was \(before)" }
        if version != nil { versions += ")" }
        return ["\(kind.rawValue) \(name): \(outcome.rawValue)\(versions)"] + fields.map { "  \($0)" }
    }
}

/// A field of a connection or job before and after, in the words of `sluice.yaml`. Passwords are never in it.
public struct FieldDifference: Sendable, Hashable, Codable, CustomStringConvertible {
    /// `streams[contacts].map.email`: streams stand by name, not by number.
    public var path: String
    /// Nil: not there.
    public var before: String?
    public var after: String?

    public init(path: String, before: String?, after: String?) {
        self.path = path
        self.before = before
        self.after = after
    }

    public var description: String { "\(path): \(before ?? "(none)") -> \(after ?? "(none)")" }
}
