import Model

/// Makes connectors by the `type` of a connection: one line per connector.
public enum Registry {
    public typealias MakeSource = @Sendable (ResolvedConnection) throws -> any Source
    public typealias MakeDestination = @Sendable (ResolvedConnection) throws -> any Destination

    /// A kind of system: what its connections may say and how its ends are made.
    public struct Kind: Sendable {
        public var type: String
        public var makeSource: MakeSource?
        public var makeDestination: MakeDestination?
        public var capabilities: DestinationCapabilities?
    }

    public static let kinds: [Kind] = [
        .postgres,
        .sqlite,
        .csv,
        .jsonl,
    ]

    public static func source(for connection: ResolvedConnection) throws -> any Source {
        guard let make = try kind(of: connection).makeSource else {
            throw SluiceError(
                .unsupported,
                "connection \"\(connection.name)\": type \(connection.type) cannot be read from"
            )
        }
        return try make(connection)
    }

    public static func destination(for connection: ResolvedConnection) throws -> any Destination {
        guard let make = try kind(of: connection).makeDestination else {
            throw SluiceError(
                .unsupported,
                "connection \"\(connection.name)\": type \(connection.type) cannot be written to"
            )
        }
        return try make(connection)
    }

    private static func kind(of connection: ResolvedConnection) throws -> Kind {
        guard let kind = kinds.first(where: { $0.type == connection.type }) else {
            let known = kinds.map(\.type).joined(separator: ", ")
            throw SluiceError(
                .invalid,
                "connection \"\(connection.name)\": type \"\(connection.type)\" is not known; known: \(known)"
            )
        }
        return kind
    }
}
