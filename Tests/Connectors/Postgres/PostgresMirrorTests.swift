import Connectors
import Model
import TestSupport
import Testing

/// What only PostgreSQL knows of ledgers and deletes: constraints, triggers, rights, types.
@Suite struct PostgresMirrorTests {
    /// The stream's rows as a query gives them, written by a run of their own.
    private func written(
        _ bench: PostgresBench,
        _ rows: String,
        fields: [String],
        run: RunID = .make(milliseconds: 9)
    ) throws -> (any LedgerDestination, Target, WriteIdentity) {
        let (keeper, target) = try kept(bench, fields: fields, run: run)
        let identity = WriteIdentity(
            installation: bench.installation,
            run: run,
            attempt: .make(milliseconds: 10),
            write: .make(milliseconds: 11)
        )
        try keeper.openFence(identity)
        _ = try keeper.stage(identity, target: target, rows: bench.batch(rows), rejections: [:])
        try keeper.apply()
        _ = try keeper.commit()
        return (keeper, target, identity)
    }

    private func kept(
        _ bench: PostgresBench,
        fields: [String],
        run: RunID,
        as role: String? = nil
    ) throws -> (any LedgerDestination, Target) {
        let url = role.map { bench.server.url(user: $0) }
        let destination = try Registry.destination(for: bench.connection(url: url))
        let keeper = try #require(destination as? any LedgerDestination)
        try keeper.openGate(installation: bench.installation, run: run)
        let target = try keeper.resolve(table: "t", fields: fields, key: [fields[0]], mode: .mirror)
        let ledger = KeyLedger(
            installation: bench.installation,
            run: run,
            job: "job",
            stream: "s",
            isMirror: true
        )
        return (keeper, try keeper.keep(ledger, of: target))
    }

    @Test func `a row that a foreign key or a trigger keeps is rejected alone, and stays the stream's own`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (id int8 PRIMARY KEY, name text);
            CREATE TABLE child (t int8 REFERENCES t DEFERRABLE INITIALLY DEFERRED);
            CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF OLD.id = 70 THEN RETURN NULL; END IF; RETURN OLD; END $$;
            CREATE TRIGGER keep BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION keep();
            """
        )
        let all = "SELECT g::int8, 'n' || g FROM generate_series(1, 100) g"
        _ = try written(bench, all, fields: ["id", "name"])
        try bench.server.run("INSERT INTO child VALUES (30), (31), (90)")
        let (keeper, target, identity) = try written(
            bench,
            "SELECT 1::int8, 'n1'",
            fields: ["id", "name"],
            run: .make(milliseconds: 20)
        )
        #expect(try keeper.planDeletes(of: target) == DeletePlan(rows: 99, owned: 100, keyless: 0))
        var write = identity
        write.write = .make(milliseconds: 21)
        let (staged, rows) = try keeper.stageDeletes(write, target: target, numbers: 1...99)
        let kept = staged.plans.indices.filter { staged.plans[$0] == .reject }
        #expect(kept == [28, 29, 68, 88], "those of 30, 31, 70 and 90")
        #expect(staged.rejections[28]?.code == "constraint")
        #expect(staged.rejections[28]?.reason.contains("violates foreign key constraint") == true)
        #expect(staged.rejections[68]?.reason == "a trigger or a policy of the table kept the row")
        #expect(kept.map { rows.texts(1)[$0] } == ["n30", "n31", "n70", "n90"])
        #expect(staged.before.count == 95)
        try keeper.apply()
        _ = try keeper.commit()
        #expect(try bench.server.rows("SELECT id FROM t ORDER BY id") == ["1", "30", "31", "70", "90"])
        let owned = try bench.server.value("SELECT tablename FROM pg_tables WHERE tablename LIKE 'owned_%'")
        #expect(try bench.server.value("SELECT count(*) FROM sluice.\(owned)") == "5")
    }

    @Test func `where a delete would do more than that, or the role may not, a mirror is refused with the reason`()
        throws
    {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (id int8 PRIMARY KEY, name text);
            CREATE TABLE child (t int8 CONSTRAINT parent REFERENCES t ON DELETE CASCADE)
            """
        )
        let role = "mirror_\(bench.server.database)"
        defer { #expect(throws: Never.self) { try bench.server.run("DROP OWNED BY \(role); DROP ROLE \(role)") } }
        try bench.server.run("CREATE ROLE \(role) LOGIN; GRANT SELECT, INSERT, UPDATE ON t TO \(role)")
        func refusal(as role: String? = nil) -> String {
            let error = #expect(throws: SluiceError.self) {
                _ = try kept(bench, fields: ["id", "name"], run: .make(milliseconds: 9), as: role)
            }
            return error?.message ?? ""
        }
        #expect(refusal().contains("child (constraint parent), which references it ON DELETE CASCADE"))
        try bench.server.run("DROP TABLE child")
        #expect(refusal(as: role).contains("GRANT DELETE ON \"public\".\"t\" TO \(role)"))
        try bench.server.run("GRANT DELETE ON t TO \(role)")
        #expect(refusal(as: role).contains("let an administrator run Deploy/postgres-fence.sql"))
        try bench.destination().openGate(installation: bench.installation, run: bench.run)
        try bench.server.run(
            """
            GRANT USAGE ON SCHEMA sluice TO \(role);
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sluice TO \(role)
            """
        )
        #expect(refusal(as: role).contains("GRANT CREATE ON SCHEMA sluice TO \(role)"))
        try bench.server.run("GRANT CREATE ON SCHEMA sluice TO \(role)")
        _ = try kept(bench, fields: ["id", "name"], run: .make(milliseconds: 9), as: role)
    }

    @Test(arguments: [
        ("text COLLATE loose", "('a'), ('B')", "('A'), ('c')"), ("numeric(5,1)", "(1.01), (2)", "(1.0), (3)"),
        ("inet", "('10.0.0.1'), ('::1')", "('10.0.0.1/32'), ('10.0.0.2')"),
        ("mood", "('sad'), ('ok')", "('sad'), ('happy')"),
        ("float8", "('0'), ('1')", "('-0'), ('2')"),
        ("uuid", "('\(UUIDText.one)')", "('\(UUIDText.one)'), ('\(UUIDText.two)')"),
    ])
    func `keys are the same where the server says so`(type: String, first: String, second: String) throws {
        let bench = try PostgresBench(
            """
            CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE TABLE t (id \(type) PRIMARY KEY)
            """
        )
        let plain = type.split(separator: " ")[0]
        let travels = ["inet", "mood"].contains(type) ? "::text" : plain.hasPrefix("numeric") ? "::numeric" : ""
        let cast = plain.hasPrefix("numeric") ? "numeric" : "\(plain)"
        func rows(_ values: String) -> String { "SELECT v::\(cast)\(travels) FROM (VALUES \(values)) t (v)" }
        let (keeper, target, identity) = try written(bench, rows(first), fields: ["id"])
        var write = identity
        write.write = .make(milliseconds: 12)
        let staged = try keeper.stage(write, target: target, rows: bench.batch(rows(second)), rejections: [:])
        #expect(staged.plans == [.reject, .insert])
        #expect(staged.rejections[0]?.code == "duplicate_key")
        keeper.rollBack()
        #expect(try keeper.planDeletes(of: target).owned == bench.batch(rows(first)).count)
    }

    private enum UUIDText {
        static let one = "11111111-1111-4111-8111-111111111111"
        static let two = "22222222-2222-4222-8222-222222222222"
    }
}
