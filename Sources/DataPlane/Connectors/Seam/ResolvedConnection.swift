public import Model

/// A connection whose references are resolved: it holds secrets in clear and never leaves the process.
public struct ResolvedConnection: Sendable {
    public let name: String
    public let type: String
    public let settings: [String: String]

    /// Resolves `${NAME}` from `environment` and values of the form `file:PATH` from the file system.
    ///
    /// - Throws: `invalid`, naming the connection, the setting and the variable or file that is missing.
    public init(
        _ spec: ConnectionSpec,
        environment: [String: String],
        readFile: (String) throws -> String
    ) throws {
        name = spec.name
        type = spec.type
        var resolved: [String: String] = [:]
        for (key, value) in spec.settings {
            let place = "connection \"\(spec.name)\", setting \"\(key)\""
            if value.hasPrefix("file:") {
                let path = String(value.dropFirst("file:".count))
                do {
                    resolved[key] = try readFile(path)
                } catch {
                    throw SluiceError(.invalid, "\(place): cannot read file \(path): \(error)")
                }
            } else {
                resolved[key] = try Self.expand(value, environment: environment, place: place)
            }
        }
        settings = resolved
    }

    private static func expand(
        _ value: String,
        environment: [String: String],
        place: String
    ) throws -> String {
        var result = ""
        var rest = value[...]
        while let open = rest.firstRange(of: "${") {
            result += rest[..<open.lowerBound]
            rest = rest[open.upperBound...]
            guard let close = rest.firstIndex(of: "}") else {
                throw SluiceError(.invalid, "\(place): \"${\" is not closed")
            }
            let name = String(rest[..<close])
            guard let found = environment[name] else {
                throw SluiceError(.invalid, "\(place): environment variable \(name) is not set")
            }
            result += found
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}
