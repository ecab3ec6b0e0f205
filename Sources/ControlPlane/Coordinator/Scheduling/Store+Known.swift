import Model
import Store

extension Store {
    /// - Throws: `notFound` with the names that there are.
    func knownJob(_ name: String) throws -> JobRecord {
        if let job = try job(name) { return job }
        throw Self.unknown("job", name, try jobs().map(\.name))
    }

    /// - Throws: `notFound` with the names that there are.
    func knownConnection(_ name: String) throws -> ConnectionSpec {
        if let connection = try connection(name) { return connection }
        throw Self.unknown("connection", name, try connections().map(\.name))
    }

    private static func unknown(_ what: String, _ name: String, _ known: [String]) -> SluiceError {
        let list = known.isEmpty ? "none yet" : known.joined(separator: ", ")
        return SluiceError(.notFound, "\(what) \"\(name)\" not found; known: \(list)")
    }
}
