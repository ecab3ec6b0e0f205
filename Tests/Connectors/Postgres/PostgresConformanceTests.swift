import ConformanceKit
import Connectors
import Drivers
import Model
import TestSupport
import Testing

@Suite struct PostgresConformanceTests {
    @Test(arguments: SourceCheck.allCases)
    func `a PostgreSQL source passes`(_ check: SourceCheck) throws {
        try check.run(on: PostgresSubject().conformance())
    }

    @Test(arguments: ReplaceCheck.allCases)
    func `a PostgreSQL destination to replace tables of passes`(_ check: ReplaceCheck) throws {
        try check.run(on: PostgresSubject().conformance())
    }

    @Test(arguments: DestinationCheck.allCases)
    func `a PostgreSQL destination passes`(_ check: DestinationCheck) throws {
        try check.run(on: PostgresSubject().conformance())
    }

    @Test(arguments: AppendCheck.allCases)
    func `a PostgreSQL destination to append to passes`(_ check: AppendCheck) throws {
        try check.run(on: PostgresSubject().conformance(isWithoutKey: true))
    }

    @Test(arguments: MirrorCheck.allCases)
    func `a PostgreSQL destination that is mirrored to passes`(_ check: MirrorCheck) throws {
        try check.run(on: PostgresSubject().conformance())
    }

    @Test(arguments: LedgerCheck.allCases)
    func `a PostgreSQL destination that keeps account of keys passes`(_ check: LedgerCheck) throws {
        try check.run(on: PostgresSubject().conformance())
    }
}

/// How the conformance kit makes and looks at tables of a throw-away database.
struct PostgresSubject {
    let bench: PostgresBench

    init() throws {
        bench = try PostgresBench()
    }

    /// - Parameter isWithoutKey: the tables have no primary key.
    func conformance(isWithoutKey: Bool = false) -> ConformanceSubject {
        ConformanceSubject(
            makeSource: bench.source,
            makeDestination: bench.destination,
            makeTable: { table in
                try self.bench.server.run(Self.create(table, isWithoutKey: isWithoutKey))
                return table.name
            },
            insert: insert,
            rows: rows,
            countWrites: countWrites
        )
    }

    private func insert(_ table: SampleTable, _ rows: [SampleRow]) throws {
        let places = table.columns.enumerated().map { "$\($0 + 1)::\(Self.type($1.kind))" }.joined(separator: ", ")
        let session = bench.server.session
        for row in rows {
            let values = row.map { value -> PostgresParameter in
                switch value {
                case .null: .null
                case .bool(let bool): .text("\(bool)")
                case .integer(let integer): .text("\(integer)")
                case .real(let real): .text("\(real)")
                case .text(let text): .text(text)
                }
            }
            _ = try session.query(
                PostgresStatement("INSERT INTO \(Self.quoted(table.name)) VALUES (\(places))", values)
            )
        }
    }

    private func rows(_ table: SampleTable) throws -> [SampleRow] {
        let key = table.key.map(Self.quoted).joined(separator: ", ")
        let found = try bench.server.session.execute("SELECT * FROM \(Self.quoted(table.name)) ORDER BY \(key)")[0]
        return try (0..<found.rows).map { row in
            try table.columns.enumerated().map { place, column in
                guard let text = found.text(row: row, column: place) else { return .null }
                switch column.kind {
                case .bool: return .bool(text == "t")
                case .integer: return .integer(try #require(Int64(text)))
                case .real: return .real(try #require(Double(text)))
                case .text: return .text(text)
                }
            }
        }
    }

    private func countWrites(_ table: SampleTable) throws -> () throws -> Int {
        try bench.server.run(
            """
            CREATE TABLE ledger (what text);
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO ledger VALUES (TG_OP); RETURN NULL; END $$;
            CREATE TRIGGER note AFTER INSERT OR UPDATE ON \(Self.quoted(table.name))
                FOR EACH ROW EXECUTE FUNCTION note();
            """
        )
        return { try #require(Int(try bench.server.value("SELECT count(*) FROM ledger"))) }
    }

    private static func create(_ table: SampleTable, isWithoutKey: Bool) -> String {
        var parts = table.columns.map { column in
            "\(quoted(column.name)) \(type(column.kind))\(column.isNullable ? "" : " NOT NULL")"
        }
        if !isWithoutKey { parts.append("PRIMARY KEY (\(table.key.map(quoted).joined(separator: ", ")))") }
        parts += table.unique.map { "UNIQUE (\($0.map(quoted).joined(separator: ", ")))" }
        parts += table.notNegative.map { "CHECK (\(quoted($0)) >= 0)" }
        return "CREATE TABLE \(quoted(table.name)) (\(parts.joined(separator: ", ")))"
    }

    private static func type(_ kind: SampleColumn.Kind) -> String {
        switch kind {
        case .bool: "bool"
        case .integer: "int8"
        case .real: "float8"
        case .text: "text"
        }
    }

    private static func quoted(_ name: String) -> String {
        "\"\(name.replacing("\"", with: "\"\""))\""
    }
}
