import Model

/// The settings of a connection of type `postgres`: `url`, and optionally `schema`.
struct PostgresSettings: Sendable {
    let name: String
    let url: String
    /// Where tables named without a schema are.
    let schema: String

    var place: String { "connection \"\(name)\"" }

    init(_ connection: ResolvedConnection) throws {
        name = connection.name
        let known = ["url", "schema"]
        if let unknown = connection.settings.keys.sorted().first(where: { !known.contains($0) }) {
            throw SluiceError(
                .invalid,
                "connection \"\(name)\": setting \"\(unknown)\" is not known; allowed: \(known.joined(separator: ", "))"
            )
        }
        guard let url = connection.settings["url"], !url.isEmpty else {
            throw SluiceError(
                .invalid,
                "connection \"\(name)\": setting \"url\" is missing; expected postgresql://user@host:port/database"
            )
        }
        self.url = url
        schema = connection.settings["schema"] ?? "public"
    }
}
