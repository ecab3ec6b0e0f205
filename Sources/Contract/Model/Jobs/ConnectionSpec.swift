/// A named source or destination system with its settings, as configured: secrets are still references.
public struct ConnectionSpec: Hashable, Sendable, Codable {
    public var name: String
    /// `postgres`, `sqlite`, …: a kind known to `Connectors.Registry`.
    public var type: String
    /// Settings by key. A value may hold `${NAME}` (environment) or be `file:PATH`; only a worker process resolves it.
    public var settings: [String: String]

    public init(name: String, type: String, settings: [String: String]) {
        self.name = name
        self.type = type
        self.settings = settings
    }
}
