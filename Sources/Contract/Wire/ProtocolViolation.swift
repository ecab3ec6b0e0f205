/// A message that breaks the protocol: it is dropped, and nothing has changed because of it.
public struct ProtocolViolation: Error, Hashable, Sendable, CustomStringConvertible {
    /// Who sent it: `worker 0192…`, `coordinator`.
    public let sender: String
    /// What is wrong with it: `intent.attempt has 3 bytes, an id has 16`.
    public let what: String

    public init(sender: String, what: String) {
        self.sender = sender
        self.what = what
    }

    public var description: String { "message from \(sender) refused: \(what)" }
}
