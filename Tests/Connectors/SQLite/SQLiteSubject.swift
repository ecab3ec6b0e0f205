import ConformanceKit
import Connectors
import Drivers
import Model
import TestSupport

/// An SQLite file of a test's own, and how the conformance kit makes and looks at its tables.
final class SQLiteSubject {
    enum Journal: String, CaseIterable {
        case wal = "WAL"
        case rollback = "DELETE"
    }

    let directory: TemporaryDirectory
    let path: String
    let connection: SQLiteConnection

    init(_ journal: Journal = .rollback) throws {
        directory = try TemporaryDirectory()
        path = directory.file("shop.db")
        connection = try SQLiteConnection(path: path, access: .create, busyTimeout: .seconds(5))
        try connection.statement("PRAGMA journal_mode = \(journal.rawValue)").run()
    }

    func execute(_ sql: String) throws {
        try connection.execute(sql)
    }

    var resolved: ResolvedConnection {
        get throws { try Self.resolved(["path": path]) }
    }

    static func resolved(_ settings: [String: String]) throws -> ResolvedConnection {
        try ResolvedConnection(
            ConnectionSpec(name: "shop", type: "sqlite", settings: settings),
            environment: [:],
            readFile: { _ in "" }
        )
    }

    func source() throws -> any Source {
        try Registry.source(for: resolved)
    }

    func destination() throws -> any Destination {
        try Registry.destination(for: resolved)
    }

    /// What a query gives, one string per row, `|` between its columns, as SQLite writes its values: `NULL`,
    /// `'text'`, `1.5`.
    func query(_ sql: String) throws -> [String] {
        let statement = try connection.statement(sql)
        defer { statement.reset() }
        var rows: [String] = []
        while try statement.step() {
            let values = (0..<statement.columnCount).map { column in
                switch statement.value(at: column) {
                case .null: "NULL"
                case .integer(let integer): "\(integer)"
                case .real(let real): "\(real)"
                case .text(let bytes): "'\(String(decoding: bytes, as: UTF8.self))'"
                case .blob(let bytes): "x\(Array(bytes))"
                }
            }
            rows.append(values.joined(separator: "|"))
        }
        return rows
    }

    /// - Parameters:
    ///   - isWithoutRowID: the tables keep their rows in the primary key's own tree.
    ///   - isWithoutKey: they have no primary key.
    func conformance(isWithoutRowID: Bool = false, isWithoutKey: Bool = false) -> ConformanceSubject {
        ConformanceSubject(
            makeSource: source,
            makeDestination: destination,
            makeTable: { table in
                try self.execute(Self.create(table, isWithoutKey) + (isWithoutRowID ? " WITHOUT ROWID" : ""))
                return table.name
            },
            insert: insert,
            rows: rows,
            countWrites: countWrites
        )
    }

    private func insert(_ table: SampleTable, _ rows: [SampleRow]) throws {
        let places = table.columns.map { _ in "?" }.joined(separator: ", ")
        let statement = try connection.statement("INSERT INTO \(Self.quoted(table.name)) VALUES (\(places))")
        try execute("BEGIN")
        for row in rows {
            for (place, value) in row.enumerated() {
                switch value {
                case .null: try statement.bind(.null, at: place + 1)
                case .bool(let bool): try statement.bind(.integer(bool ? 1 : 0), at: place + 1)
                case .integer(let integer): try statement.bind(.integer(integer), at: place + 1)
                case .real(let real): try statement.bind(.real(real), at: place + 1)
                case .text(let text): try statement.bind(text, at: place + 1)
                }
            }
            try statement.run()
        }
        try execute("COMMIT")
    }

    private func rows(_ table: SampleTable) throws -> [SampleRow] {
        let key = table.key.map(Self.quoted).joined(separator: ", ")
        let statement = try connection.statement("SELECT * FROM \(Self.quoted(table.name)) ORDER BY \(key)")
        defer { statement.reset() }
        var rows: [SampleRow] = []
        while try statement.step() {
            rows.append(
                table.columns.enumerated().map { place, column in
                    switch statement.value(at: place) {
                    case .null: .null
                    case .integer(let integer): column.kind == .bool ? .bool(integer != 0) : .integer(integer)
                    case .real(let real): .real(real)
                    case .text(let bytes), .blob(let bytes): .text(String(decoding: bytes, as: UTF8.self))
                    }
                }
            )
        }
        return rows
    }

    private func countWrites(_ table: SampleTable) throws -> () throws -> Int {
        let name = Self.quoted(table.name)
        try execute(
            """
            CREATE TABLE ledger (what TEXT);
            CREATE TRIGGER ledger_insert AFTER INSERT ON \(name) BEGIN INSERT INTO ledger VALUES ('insert'); END;
            CREATE TRIGGER ledger_update AFTER UPDATE ON \(name) BEGIN INSERT INTO ledger VALUES ('update'); END;
            """
        )
        return {
            guard let count = Int(try self.query("SELECT count(*) FROM ledger")[0]) else {
                throw ConformanceFailure("the ledger cannot be counted")
            }
            return count
        }
    }

    private static func create(_ table: SampleTable, _ isWithoutKey: Bool) -> String {
        var parts = table.columns.map { column in
            let type =
                switch column.kind {
                case .bool: "BOOLEAN"
                case .integer: "INTEGER"
                case .real: "DOUBLE"
                case .text: "VARCHAR(50)"
                }
            return "\(quoted(column.name)) \(type)\(column.isNullable ? "" : " NOT NULL")"
        }
        if !isWithoutKey { parts.append("PRIMARY KEY (\(table.key.map(quoted).joined(separator: ", ")))") }
        parts += table.unique.map { "UNIQUE (\($0.map(quoted).joined(separator: ", ")))" }
        parts += table.notNegative.map { "CHECK (\(quoted($0)) >= 0)" }
        return "CREATE TABLE \(quoted(table.name)) (\(parts.joined(separator: ", ")))"
    }

    private static func quoted(_ name: String) -> String {
        "\"\(name.replacing("\"", with: "\"\""))\""
    }
}
