public import Drivers
import Glibc

/// A database of its own on the test server, dropped at the end of the test.
///
/// The server is `SLUICE_TEST_POSTGRES`: the libpq URL of a superuser on a throw-away cluster.
public final class PostgresServer {
    public let url: String
    public let database: String
    /// A session of the test's own, to prepare and to look.
    public let session: PostgresConnection
    private let serverURL: String

    /// Makes the database.
    ///
    /// - Throws: when the variable is unset or the server refuses: tests that need a server fail without one.
    public init() throws {
        guard let found = getenv("SLUICE_TEST_POSTGRES") else {
            throw MissingServer()
        }
        serverURL = String(cString: found)
        var generator = SystemRandomNumberGenerator()
        database = "test_\(String(generator.next(), radix: 16))"
        let server = try PostgresConnection(url: serverURL)
        try server.execute("CREATE DATABASE \(database)")
        server.close()
        url = Self.url(serverURL, database: database)
        session = try PostgresConnection(url: url, settings: ["application_name": "test"])
    }

    deinit {
        session.close()
        do {
            let server = try PostgresConnection(url: serverURL)
            try server.execute("DROP DATABASE IF EXISTS \(database) WITH (FORCE)")
        } catch {
            print("database \(database) stays behind: \(error)")
        }
    }

    /// The same server with another database, user or password.
    public static func url(
        _ url: String,
        database: String,
        user: String? = nil,
        password: String? = nil
    ) -> String {
        // postgresql://user@host:port/database?options
        let scheme = url.prefix(upTo: url.firstRange(of: "://")?.upperBound ?? url.startIndex)
        var rest = url.dropFirst(scheme.count)
        let options = rest.firstIndex(of: "?").map { rest[$0...] } ?? ""
        rest = rest.prefix { $0 != "?" }
        var authority = rest.prefix { $0 != "/" }
        if let user, let sign = authority.lastIndex(of: "@") {
            let credentials = password.map { "\(user):\($0)" } ?? user
            authority = credentials[...] + authority[sign...]
        }
        return "\(scheme)\(authority)/\(database)\(options)"
    }

    public func url(user: String, password: String? = nil) -> String {
        Self.url(url, database: database, user: user, password: password)
    }

    public func run(_ sql: String) throws {
        try session.execute(sql)
    }

    /// The rows of a query as text, NULL as "∅", fields joined by "|".
    public func rows(_ sql: String) throws -> [String] {
        try session.rows(sql)
    }

    public func value(_ sql: String) throws -> String {
        try rows(sql).first ?? "no row"
    }

    struct MissingServer: Error, CustomStringConvertible {
        var description: String {
            "SLUICE_TEST_POSTGRES is not set: the libpq URL of a superuser on a throw-away cluster,"
                + " postgresql://postgres@127.0.0.1:PORT/postgres"
        }
    }
}

extension PostgresConnection {
    /// The rows of a query as text, NULL as "∅", fields joined by "|".
    func rows(_ sql: String) throws -> [String] {
        guard let answer = try execute(sql).last else { return [] }
        return (0..<answer.rows).map { row in
            (0..<answer.columns).map { answer.text(row: row, column: $0) ?? "∅" }.joined(separator: "|")
        }
    }
}
