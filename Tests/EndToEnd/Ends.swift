import Drivers
import Foundation
import TestSupport

/// Contacts to bring from one system into another one of the same kind, and plain SQL at both.
final class Ends {
    enum Kind: String, CaseIterable, Sendable {
        case postgres
        case sqlite
    }

    struct System {
        var settings: String
        var run: (String) throws -> Void
        /// The first column of the rows.
        var column: (String) throws -> [String]

        func ids(_ table: String) throws -> [Int] {
            try column("SELECT id FROM \(table) ORDER BY id").compactMap(Int.init)
        }
    }

    let source: System
    let destination: System
    private let kind: Kind
    private let folder: String
    private let sourceIsFile: Bool

    /// - Parameter sourceIsFile: the source is `contacts.csv` in the folder.
    init(_ kind: Kind, records: Int, in folder: String, sourceIsFile: Bool = false) throws {
        self.kind = kind
        self.folder = folder
        self.sourceIsFile = sourceIsFile
        source = try kind == .postgres ? Self.postgres() : Self.sqlite("\(folder)/shop.db")
        destination = try kind == .postgres ? Self.postgres() : Self.sqlite("\(folder)/crm.db")
        try source.run(
            """
            CREATE TABLE contacts (id INTEGER PRIMARY KEY, mail VARCHAR(50));
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(records))
            INSERT INTO contacts SELECT i, 'mail' || i FROM n WHERE i <= \(records)
            """
        )
        try destination.run("CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(50))")
    }

    private static func postgres() throws -> System {
        let server = try PostgresServer()
        return System(
            settings: "{ type: postgres, url: \"\(server.url)\" }",
            run: { try server.run($0) },
            column: { try server.rows($0).map { String($0.split(separator: "|")[0]) } }
        )
    }

    private static func sqlite(_ path: String) throws -> System {
        let connection = try SQLiteConnection(path: path, access: .create, busyTimeout: .seconds(5))
        return System(
            settings: "{ type: sqlite, path: \(path) }",
            run: { try connection.execute($0) },
            column: { sql in
                let statement = try connection.statement(sql)
                defer { statement.reset() }
                var values: [String] = []
                while try statement.step() { values += [statement.string(at: 0)].compactMap(\.self) }
                return values
            }
        )
    }

    /// Tables of runs that have ended.
    func leftovers() throws -> Int {
        let sql =
            kind == .postgres
            ? "SELECT tablename FROM pg_tables WHERE schemaname = 'sluice' AND tablename ~ '^(seen|keyless|gone)_'"
            : "SELECT name FROM sqlite_schema WHERE name LIKE 'sluice_seen%' OR name LIKE 'sluice_gone%'"
        return try destination.column(sql).count
    }

    func serve(
        maxDeletes: String = "",
        rate: String = "",
        stream: String? = nil,
        environment: [String: String] = [:]
    ) throws -> SluiceServer {
        let limit = maxDeletes.isEmpty ? "" : "max_deletes: \(maxDeletes), "
        let mirror = """
            { stream: contacts, destination: people, write_mode: mirror, \(limit)key: [id], map: { email: mail } }
            """
        let file = "{ type: csv, path: \(folder)/contacts.csv, types: { id: int64 } }"
        return try SluiceServer(
            in: folder,
            configuration: """
                connections:
                  shop: \(sourceIsFile ? file : source.settings)
                  crm: \(destination.settings)
                jobs:
                  contacts:
                    source: shop
                    destination: crm
                    batch: { records: 50 }
                    \(rate.isEmpty ? "" : "rate_limit: \(rate)")
                    streams:
                      - \((stream ?? mirror).replacing("\n", with: "\n        "))
                """,
            environment: environment
        )
    }
}
