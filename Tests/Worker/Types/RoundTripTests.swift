import Connectors
import Drivers
import Model
import TestSupport
import Testing

@testable import Worker

/// Every type from PostgreSQL to PostgreSQL, and through SQLite, compared in text and in binary form.
@Suite struct RoundTripTests {
    @Test func `every type arrives byte for byte, and a second time nothing is left to do`() throws {
        let server = try Self.server()
        let carrier = try Carrier(from: server.connection(schema: "src"), to: server.connection(schema: "dst"))
        for (number, sample) in TypeSample.all.enumerated() {
            let table = "t\(number)"
            let first = try carrier.copy(table)
            #expect(first.rejections.isEmpty, "\(sample.type): \(first.rejections)")
            #expect(first.plans.allSatisfy { $0 == .insert }, "\(sample.type)")
            try Self.expectSame(server, table, sample)
            let second = try carrier.copy(table)
            #expect(second.plans == first.plans.map { _ in .unchanged }, "\(sample.type)")
        }
    }

    @Test func `every type comes back from SQLite as it was`() throws {
        let server = try Self.server()
        let folder = try TemporaryDirectory()
        let path = folder.path + "/lite.db"
        let lite = ConnectionSpec(name: "lite", type: "sqlite", settings: ["path": path])
        let tables = TypeSample.all.enumerated().map { number, sample in
            "CREATE TABLE t\(number) (id INTEGER PRIMARY KEY, v \(sample.lite));"
        }
        try SQLiteConnection(path: path, access: .create, busyTimeout: .seconds(1)).execute(tables.joined())
        let out = try Carrier(from: server.connection(schema: "src"), to: lite)
        for (number, sample) in TypeSample.all.enumerated() {
            let there = try out.copy("t\(number)")
            #expect(there.rejections.isEmpty, "\(sample.type): \(there.rejections)")
        }
        let back = try Carrier(from: lite, to: server.connection(schema: "dst"))
        for (number, sample) in TypeSample.all.enumerated() {
            let table = "t\(number)"
            let cast = sample.castBack.flatMap { CastType(rawValue: $0) }
            let here = try back.copy(table, map: cast.map { [.column("v", to: "v", cast: $0)] } ?? [])
            #expect(here.rejections.isEmpty, "\(sample.type): \(here.rejections)")
            try Self.expectSame(server, table, sample)
        }
    }

    @Test func `every type can be the key, and its ranges cover the table`() throws {
        let server = try Self.server()
        let carrier = try Carrier(from: server.connection(schema: "src"), to: server.connection(schema: "dst"))
        let samples = TypeSample.all.enumerated().filter { !Self.withoutOrder.contains($0.element.type) }
        for (number, _) in samples {
            for schema in ["src", "dst"] {
                try server.run(
                    """
                    ALTER TABLE \(schema).t\(number) DROP CONSTRAINT t\(number)_pkey;
                    DELETE FROM \(schema).t\(number) a WHERE v IS NULL
                        OR EXISTS (SELECT FROM \(schema).t\(number) b WHERE b.v = a.v AND b.id < a.id);
                    ALTER TABLE \(schema).t\(number) ADD PRIMARY KEY (v);
                    """
                )
            }
        }
        for (number, sample) in samples {
            let records = Int(try server.value("SELECT count(*) FROM src.t\(number)"))
            let first = try carrier.copy("t\(number)", key: ["v"])
            #expect(first.plans.count == records, "\(sample.type)")
            #expect(first.plans.allSatisfy { $0 == .insert }, "\(sample.type): \(first.rejections)")
            try Self.expectSame(server, "t\(number)", sample)
            let second = try carrier.copy("t\(number)", key: ["v"])
            #expect(second.plans == first.plans.map { _ in .unchanged }, "\(sample.type)")
        }
    }

    /// Types that cannot be a primary key, and a domain over an enum, which not even `=` knows.
    private static let withoutOrder = [
        "gladness", "json", "jsonpath", "xml", "point", "line", "box", "path", "polygon", "circle", "int2vector",
    ]

    private static func server() throws -> PostgresServer {
        let server = try PostgresServer()
        var statements = [TypeSample.definitions, "CREATE SCHEMA src; CREATE SCHEMA dst;"]
        for (number, sample) in TypeSample.all.enumerated() {
            for schema in ["src", "dst"] {
                statements.append("CREATE TABLE \(schema).t\(number) (id integer PRIMARY KEY, v \(sample.type));")
            }
            for (row, value) in sample.values.enumerated() {
                let literal = value.map { "'\($0.replacing("'", with: "''"))'::\(sample.type)" } ?? "NULL"
                statements.append("INSERT INTO src.t\(number) VALUES (\(row), \(literal));")
            }
        }
        try server.run("SET lc_monetary = 'C'")
        try server.run(statements.joined(separator: "\n"))
        return server
    }

    private static func expectSame(_ server: PostgresServer, _ table: String, _ sample: TypeSample) throws {
        func text(_ schema: String) throws -> [String] {
            try server.rows("SELECT id, v::text FROM \(schema).\(table) ORDER BY id")
        }
        #expect(try text("src") == text("dst"), "\(sample.type) as text")
        // The driver asks for binary results: what the type's send function makes of the value.
        func binary(_ schema: String) throws -> [[UInt8]?] {
            let query = PostgresStatement("SELECT v FROM \(schema).\(table) ORDER BY id")
            let answer = try server.session.query(query)
            return withExtendedLifetime(answer) {
                (0..<answer.rows).map { answer.unsafeField(row: $0, column: 0).map(Array.init) }
            }
        }
        #expect(try binary("src") == binary("dst"), "\(sample.type) in binary form")
    }
}
