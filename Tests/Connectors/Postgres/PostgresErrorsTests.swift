import Connectors
import Model
import TestSupport
import Testing

@Suite struct PostgresErrorsTests {
    private func failure(_ bench: PostgresBench, _ url: String) throws -> SluiceError {
        let destination = try Registry.destination(for: bench.connection(url: url))
        return try #require(#expect(throws: SluiceError.self) { try destination.check() })
    }

    @Test func `an unreachable server is named with host and port, and may be tried again`() throws {
        let bench = try PostgresBench()
        let error = try failure(bench, "postgresql://u:topsecret@127.0.0.1:1/d")
        #expect(error.code == .unreachable)
        #expect(error.isRetriable)
        #expect(error.message.contains("connection \"base\""))
        #expect(error.message.contains("127.0.0.1, port 1"))
        #expect(!error.message.contains("topsecret"))
    }

    @Test func `a wrong password is denied and never shown`() throws {
        let bench = try PostgresBench()
        let role = "role_\(bench.server.database)"
        try bench.server.run("CREATE ROLE \(role) LOGIN PASSWORD 'right' IN ROLE password_required")
        defer { #expect(throws: Never.self) { try bench.server.run("DROP ROLE \(role)") } }
        let error = try failure(bench, bench.server.url(user: role, password: "topsecret"))
        #expect(error.code == .denied)
        #expect(error.message.contains("password authentication failed for user \"\(role)\""))
        #expect(!error.message.contains("topsecret"))
        let missing = try failure(bench, bench.server.url(user: role))
        #expect(missing.code == .denied)
    }

    @Test func `a missing database and a missing role are told apart`() throws {
        let bench = try PostgresBench()
        let database = try failure(bench, PostgresServer.url(bench.server.url, database: "nowhere"))
        #expect(database.code == .notFound)
        #expect(database.message.contains("database \"nowhere\" does not exist"))
        let role = try failure(bench, bench.server.url(user: "nobody_here"))
        #expect(role.code == .denied)
        #expect(role.message.contains("nobody_here"))
    }

    @Test func `a malformed url and unknown settings are invalid`() throws {
        let bench = try PostgresBench()
        let error = try failure(bench, "postgresql://u:sec%zzret@h/d")
        #expect(error.code == .invalid)
        #expect(!error.message.contains("zzret"))
        let spec = ConnectionSpec(name: "x", type: "postgres", settings: ["url": "postgresql://h/d", "schemma": "a"])
        let unknown = #expect(throws: SluiceError.self) {
            _ = try Registry.source(for: ResolvedConnection(spec, environment: [:], readFile: { _ in "" }))
        }
        #expect(unknown?.message.contains("\"schemma\"") == true)
        #expect(unknown?.message.contains("url, schema") == true)
    }

    @Test func `a missing table or column is named with what is near`() throws {
        let bench = try PostgresBench("CREATE TABLE contacts (id int PRIMARY KEY, email text)")
        let source = try bench.source()
        let table = #expect(throws: SluiceError.self) { _ = try source.discover(stream: "contact") }
        #expect(table?.code == .notFound)
        #expect(table?.message.contains("contacts") == true)
        let destination = try bench.destination()
        let column = #expect(throws: SluiceError.self) {
            _ = try destination.resolve(table: "contacts", fields: ["id", "e_mail"], key: ["id"])
        }
        #expect(column?.code == .notFound)
        #expect(column?.message.contains("\"e_mail\"") == true)
        #expect(column?.message.contains("did you mean \"email\"") == true)
        let scan = Scan(stream: "contacts", columns: ["id", "e_mail"], key: ["id"])
        let read = #expect(throws: SluiceError.self) {
            try source.plan(scan, recordsPerRange: 10, range: KeyRange()) { _ in }
        }
        #expect(read?.code == .notFound)
    }

    @Test func `a key that is not unique, a generated column, a view and rules are refused by name`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (id int PRIMARY KEY, a int, g int GENERATED ALWAYS AS (id * 2) STORED, UNIQUE (a, id));
            CREATE TABLE bare (id int);
            CREATE VIEW v AS SELECT * FROM t;
            CREATE TABLE r (id int PRIMARY KEY);
            CREATE RULE away AS ON INSERT TO r DO INSTEAD NOTHING;
            CREATE UNIQUE INDEX ON bare (id) WHERE id > 0;
            """
        )
        let destination = try bench.destination()
        func message(_ table: String, _ fields: [String], _ key: [String]) -> String {
            #expect(throws: SluiceError.self) {
                _ = try destination.resolve(table: table, fields: fields, key: key)
            }?.message ?? ""
        }
        #expect(message("t", ["id", "a"], ["a"]).contains("its unique keys: (id), (a, id)"))
        #expect(message("bare", ["id"], ["id"]).contains("has none"))
        #expect(message("t", ["id", "g"], ["id"]).contains("\"g\""))
        #expect(message("t", ["a"], ["id"]).contains("not among the fields"))
        #expect(message("v", ["id", "a"], ["id"]).contains("is a view; only tables can be written to"))
        #expect(message("r", ["id"], ["id"]).contains("CREATE RULE"))
        #expect(try destination.resolve(table: "t", fields: ["id", "a"], key: ["id", "a"]).key == [0, 1])
    }

    @Test func `a role without rights is told what to grant`() throws {
        let bench = try PostgresBench("CREATE TABLE t (id int PRIMARY KEY)")
        let role = "role_\(bench.server.database)"
        try bench.server.run("CREATE ROLE \(role) LOGIN")
        defer {
            #expect(throws: Never.self) { try bench.server.run("DROP OWNED BY \(role); DROP ROLE \(role)") }
        }
        let url = bench.server.url(user: role)
        try bench.server.run("REVOKE TEMPORARY ON DATABASE \(bench.server.database) FROM PUBLIC")
        let denied = try failure(bench, url)
        #expect(denied.code == .denied)
        #expect(denied.message.contains("GRANT TEMPORARY ON DATABASE"))
        let source = try Registry.source(for: bench.connection(url: url))
        var batch = RowBatch(width: 1)
        let read = #expect(throws: SluiceError.self) {
            try source.read(Scan(stream: "t", columns: ["id"], key: ["id"]), range: KeyRange(), into: &batch)
        }
        #expect(read?.code == .denied)
    }

    @Test func `an ordinary role with the rights it was told can do everything`() throws {
        let bench = try PostgresBench("CREATE TABLE t (id int8 PRIMARY KEY, n int4)")
        let role = "role_\(bench.server.database)"
        try bench.server.run(
            """
            CREATE ROLE \(role) LOGIN; GRANT CREATE ON DATABASE \(bench.server.database) TO \(role);
            GRANT SELECT, INSERT, UPDATE ON t TO \(role)
            """
        )
        defer {
            #expect(throws: Never.self) { try bench.server.run("DROP OWNED BY \(role); DROP ROLE \(role)") }
        }
        let url = bench.server.url(user: role)
        let writer = try Registry.destination(for: bench.connection(url: url))
        try writer.check()
        try writer.openGate(installation: bench.installation, run: bench.run)
        try writer.openFence(bench.identity())
        let target = try writer.resolve(table: "t", fields: ["id", "n"], key: ["id"])
        let staged = try bench.write(writer, target, bench.batch("SELECT 1::int8, 2"))
        let closer = try Registry.destination(for: bench.connection(url: url))
        try closer.closeFence(
            installation: bench.installation,
            run: bench.run,
            attempt: bench.attempt,
            transactions: [staged.transaction]
        )
        let marked = try bench.server.value("SELECT write FROM sluice.marker")
        let doubt = WriteInDoubt(
            identity: bench.identity(try #require(WriteID(marked))),
            transaction: staged.transaction,
            system: staged.system
        )
        guard case .applied = try closer.evidence(of: doubt) else {
            Issue.record("a committed write was not found applied")
            return
        }
    }
}
