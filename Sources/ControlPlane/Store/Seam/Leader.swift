/// Who leads on a store, as its lock file tells it.
public struct Leader: Sendable, Hashable, Codable, CustomStringConvertible {
    public var pid: Int32
    /// Where its API listens; nil until it does.
    public var address: String?
    /// What the API asks of everybody. Secret: never in `description`, and the lock file is for its owner only.
    public var token: String?

    public init(pid: Int32, address: String?, token: String? = nil) {
        self.pid = pid
        self.address = address
        self.token = token
    }

    public var description: String {
        address.map { "process \(pid) at \($0)" } ?? "process \(pid), which is starting"
    }
}
