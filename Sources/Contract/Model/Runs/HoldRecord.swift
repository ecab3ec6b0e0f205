/// Why a run is held, and since when; its `reason` says more.
public struct HoldRecord: Sendable, Hashable, Codable {
    public enum Cause: String, Sendable, Hashable, Codable {
        /// Too many of its workers died.
        case workers
        /// Its destination is frozen.
        case frozen
        /// It would delete more than it may without a person's leave.
        case deletes
        /// It was interrupted, and the server that took it up was told to hold such runs.
        case interrupted
        /// It was interrupted, and its job is another one now.
        case outdated
    }

    public var cause: Cause
    public var actor: String
    public var at: Timestamp

    public init(cause: Cause, actor: String, at: Timestamp) {
        self.cause = cause
        self.actor = actor
        self.at = at
    }
}

/// A connection to which nothing is permitted to be written.
public struct FreezeRecord: Sendable, Hashable, Codable {
    public var connection: String
    public var actor: String
    public var reason: String?
    public var at: Timestamp

    public init(connection: String, actor: String, reason: String?, at: Timestamp) {
        self.connection = connection
        self.actor = actor
        self.reason = reason
        self.at = at
    }
}

/// The cancel of one stream of a run.
public struct StreamCancelRecord: Sendable, Hashable, Codable {
    public var mode: CancelMode
    public var actor: String
    public var reason: String?
    public var at: Timestamp

    public init(mode: CancelMode, actor: String, reason: String?, at: Timestamp) {
        self.mode = mode
        self.actor = actor
        self.reason = reason
        self.at = at
    }
}
