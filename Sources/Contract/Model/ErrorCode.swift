/// What kind of thing went wrong, for programs; the message is for people.
public enum ErrorCode: String, Hashable, Sendable, Codable, CaseIterable {
    /// A system cannot be reached, or the connection broke.
    case unreachable
    /// Wrong password, missing role, missing right.
    case denied
    /// A connection, job, run, stream, table, column, worker that does not exist.
    case notFound = "not_found"
    /// It exists already, or something else is going on.
    case conflict
    /// The request, the configuration or a value is not valid.
    case invalid
    /// The system cannot do what the job asks for.
    case unsupported
    /// A limit of time or a lock.
    case timedOut = "timed_out"
    /// No space, no memory, no slots.
    case exhausted
    /// The coordinator's own store is full, damaged, or cannot be read.
    case store
    /// A bug of ours, or a peer that breaks the protocol.
    case `internal`
}

/// An error as it crosses a process boundary. `message` says what failed, which one, actual against allowed, what to do.
public struct SluiceError: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    public var code: ErrorCode
    public var message: String
    public var isRetriable: Bool

    public init(_ code: ErrorCode, _ message: String, isRetriable: Bool = false) {
        self.code = code
        self.message = message
        self.isRetriable = isRetriable
    }

    public var description: String { message }
}
