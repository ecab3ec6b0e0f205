import CPostgres

/// Where a connection string leads, for messages: everything but the password.
public struct PostgresEndpoint: Sendable, Hashable, CustomStringConvertible {
    public var host: String
    public var port: String
    public var database: String
    public var user: String
    /// Of connecting; nil: the string says nothing.
    public var connectTimeoutSeconds: Int?

    /// Parses a libpq URI or keyword string.
    ///
    /// - Throws: `PostgresError` that says it cannot be parsed and does not quote it: it may hold a password.
    public init(_ url: String) throws {
        guard let options = PQconninfoParse(url, nil) else {
            throw PostgresError(
                message: "the connection string cannot be parsed; expected"
                    + " postgresql://user:password@host:port/database (special characters as %XX)"
            )
        }
        defer { PQconninfoFree(options) }
        var found: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                found[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        host = found["host"] ?? found["hostaddr"] ?? "the local socket"
        port = found["port"] ?? "5432"
        user = found["user"] ?? "the system's user"
        database = found["dbname"] ?? user
        connectTimeoutSeconds = found["connect_timeout"].flatMap { Int($0) }
    }

    public var description: String {
        "database \"\(database)\" at \(host), port \(port), as \"\(user)\""
    }
}
