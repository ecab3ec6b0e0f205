import Connectors
import Model
import TestSupport
import Testing

/// Write mode `append`: what becomes of rows that are only added.
@Suite struct PostgresAppendTests {
    private func appended(
        _ bench: PostgresBench,
        _ rows: String,
        fields: [String],
        key: [String] = []
    ) throws -> StagedWrite {
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: fields, key: key, mode: .append)
        return try bench.write(writer, target, bench.batch(rows))
    }

    /// Staging tables of all sessions: none as long as rows are copied straight into the table.
    private func stagingTables(_ bench: PostgresBench) throws -> String {
        try bench.server.value("SELECT count(*) FROM pg_class WHERE relname LIKE 'sluice\\_stage\\_%'")
    }

    @Test func `rows are copied straight into a table that alters nothing, keys or not, NULL or twice`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (id int8, name text, price numeric(6,2), twice int8 GENERATED ALWAYS AS (id * 2) STORED,
                n int8 GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT now());
            INSERT INTO t (id, name) VALUES (1, 'there')
            """
        )
        let writer = try bench.writer()
        let rows = try bench.batch(
            "SELECT * FROM (VALUES (1::int8, 'one', 1.005), (NULL, NULL, 2), (1, 'again', NULL)) v"
        )
        for key in [[], ["id"]] {
            let target = try writer.resolve(table: "t", fields: ["id", "name", "price"], key: key, mode: .append)
            #expect(target.isAppend && target.fields.allSatisfy(\.isNullable))
            #expect(target.key == key.indices.map { $0 })
            let staged = try bench.write(writer, target, rows)
            #expect(staged.isApplied && staged.before.count == 0)
            #expect(staged.plans == [.insert, .insert, .insert])
            // Rounding is the only thing that happens to a value, and it is known.
            #expect(staged.after?.fields == (try bench.batch("SELECT id, name, price FROM t OFFSET 1 LIMIT 3")).fields)
            try bench.server.run("DELETE FROM sluice.marker")
        }
        #expect(try stagingTables(bench) == "0")
        #expect(
            try bench.server.rows("SELECT id, name, price, twice, n FROM t ORDER BY n OFFSET 4")
                == ["1|one|1.01|2|5", "∅|∅|2.00|∅|6", "1|again|∅|2|7"]
        )
    }

    @Test func `a few rows that the table refuses are rejected with their reasons, the rest is copied`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (id int8 PRIMARY KEY, name varchar(3), age int NOT NULL CONSTRAINT adult CHECK (age >= 18), doc json);
            INSERT INTO t VALUES (1, 'old', 20)
            """
        )
        let rows = """
            SELECT * FROM (VALUES (5::int8, 'a', 20, '{}'::json), (1, 'b', 20, '{}'), (6, 'c', 20, '{}'), (7, 'd', 17, '{}'),
                (8, 'e', 20, '{}')) v
            """
        let result = try appended(bench, rows, fields: ["id", "name", "age", "doc"], key: ["id"])
        #expect(result.plans == [.insert, .reject, .insert, .reject, .insert])
        #expect(result.rejections.mapValues(\.code) == [1: "duplicate_key", 3: "constraint"])
        #expect(result.rejections[1]?.reason.contains("Key (id)=(1) already exists") == true)
        #expect(result.rejections[3]?.reason.contains("\"adult\"") == true)
        #expect(result.after == nil)
        #expect(try stagingTables(bench) == "0")
        #expect(try bench.server.rows("SELECT id, name FROM t ORDER BY id") == ["1|old", "5|a", "6|c", "8|e"])
    }

    @Test func `bytes that a column cannot hold reject their row alone`() throws {
        let bench = try PostgresBench("CREATE TABLE \"t, line 7\" (\"x, column y\" int8, name varchar(3), doc json)")
        let writer = try bench.writer()
        let fields = ["x, column y", "name", "doc"]
        let target = try writer.resolve(table: "t, line 7", fields: fields, key: [], mode: .append)
        var rows = RowBatch(width: 3)
        for (id, name, doc) in [
            (1, "abc", "{}"), (2, "a\0b", "{}"), (3, "abcd", "{}"), (4, "x", "{\n"), (5, "ok", "[]"),
        ] {
            rows.append(withUnsafeBytes(of: Int64(id).bigEndian, Array.init))
            rows.append(name.utf8)
            rows.append(doc.utf8)
            rows.endRow()
        }
        let result = try bench.write(writer, target, rows)
        #expect(result.plans == [.insert, .reject, .reject, .reject, .insert])
        #expect(result.rejections[1].map { [$0.code, $0.field] } == ["invalid_value", "name"])
        #expect(result.rejections[2].map { [$0.code, $0.field] } == ["too_long", "name"])
        #expect(result.rejections[3].map { [$0.code, $0.field] } == ["invalid_value", "doc"])
        #expect(try bench.server.rows("SELECT name FROM \"t, line 7\"") == ["abc", "ok"])
    }

    @Test func `many bad rows are each found, twice in the batch too, and no good one is lost`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE company (id int PRIMARY KEY); INSERT INTO company SELECT generate_series(0, 9);
            CREATE TABLE t (id int8 UNIQUE, n int CHECK (n % 20 <> 3), company int REFERENCES company,
                late int8 UNIQUE DEFERRABLE INITIALLY DEFERRED)
            """
        )
        // Row g - 1 is bad for n where g % 20 is 3, for its company where g % 100 is 50, for its id at 2990, for `late` at 2991.
        let rows = """
            SELECT CASE g WHEN 2990 THEN 1 ELSE g END::int8, g, CASE WHEN g % 100 = 50 THEN 10 ELSE g % 10 END,
                CASE g WHEN 2991 THEN 2 ELSE g END::int8 FROM generate_series(1, 3000) g
            """
        let result = try appended(bench, rows, fields: ["id", "n", "company", "late"])
        let bad = (1...3000).filter { $0 % 20 == 3 || $0 % 100 == 50 || $0 == 2990 || $0 == 2991 }
        #expect(result.rejections.keys.sorted() == bad.map { $0 - 1 })
        #expect(result.rejections[2989]?.code == "duplicate_key")
        #expect(result.rejections[2990]?.code == "duplicate_key")
        #expect(result.rejections[49]?.reason.contains("is not present in table") == true)
        let left = 3000 - bad.count
        #expect(try bench.server.value("SELECT count(*), count(DISTINCT id) FROM t") == "\(left)|\(left)")
    }

    @Test func `what triggers make of the rows is what after says, and rows that they leave out are rejected`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (id int8, name text, at timestamp); CREATE TABLE seen (id int8);
            CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF NEW.id % 10 = 0 THEN RETURN NULL; END IF;
                IF NEW.id = 15 THEN RAISE EXCEPTION 'not fifteen'; END IF;
                NEW.name := upper(NEW.name); NEW.at := '2024-01-01'; RETURN NEW;
            END $$;
            CREATE TRIGGER change BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION change();
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO seen VALUES (NEW.id); RETURN NULL;
            END $$;
            CREATE TRIGGER note AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION note();
            """
        )
        let result = try appended(
            bench,
            "SELECT g::int8, 'name ' || g, NULL::timestamp FROM generate_series(1, 40) g",
            fields: ["id", "name", "at"]
        )
        #expect(result.rejections.keys.sorted() == [9, 14, 19, 29, 39])
        #expect(result.rejections[9]?.reason.contains("a trigger of the table left the row out") == true)
        #expect(result.rejections[14]?.reason.contains("not fifteen") == true)
        #expect(result.after?.fields == (try bench.batch("SELECT * FROM t ORDER BY id")).fields)
        #expect(result.after?.texts(1).first == "NAME 1")
        #expect(try bench.server.value("SELECT count(*), count(DISTINCT id) FROM seen") == "35|35")
    }

    @Test func `a trigger that changes a row after it was inserted is refused, for it cannot be journalled`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (id int8, name text);
            CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                UPDATE t SET name = 'changed' WHERE id = NEW.id; RETURN NULL;
            END $$;
            CREATE TRIGGER change AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION change();
            """
        )
        do {
            _ = try appended(bench, "SELECT 1::int8, 'one'", fields: ["id", "name"])
            Issue.record("it was written")
        } catch WriteFailure.failed(let error) {
            #expect(error.code == .unsupported)
            #expect(error.message.contains("changes or deletes records after they were inserted"))
        }
        #expect(try bench.server.value("SELECT count(*) FROM t") == "0")
    }

    @Test func `values that only the server brings to their final form are journalled in it`() throws {
        let bench = try PostgresBench(
            "CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TABLE t (id int8, doc jsonb, ip inet, mood mood, tags text[])"
        )
        let writer = try bench.writer()
        let fields = ["id", "doc", "ip", "mood", "tags"]
        let target = try writer.resolve(table: "t", fields: fields, key: [], mode: .append)
        var rows = RowBatch(width: 5)
        for (id, doc, ip, mood, tags) in [
            (1, "{\"b\":[1,2],\"a\":1}", "10.0.0.1/32", "glad", "{ a,b}"), (2, "{", "10.0.0.2", "sad", "{}"),
            (3, "1.50", "here", "sad", "{}"), (4, "{}", "::1", "mad", "{}"), (5, "[ ]", "::1/128", "sad", "{}"),
        ] {
            rows.append(withUnsafeBytes(of: Int64(id).bigEndian, Array.init))
            rows.append([1] + doc.utf8)
            for text in [ip, mood, tags] { rows.append(text.utf8) }
            rows.endRow()
        }
        let result = try bench.write(writer, target, rows)
        #expect(result.plans == [.insert, .reject, .reject, .reject, .insert])
        #expect(result.after?.texts(1) == ["\u{1}{\"a\": 1, \"b\": [1, 2]}", "\u{1}[]"])
        #expect(result.after?.texts(2) == ["10.0.0.1/32", "::1/128"])
        #expect(result.after?.texts(4) == ["{a,b}", "{}"])
        #expect(try bench.server.rows("SELECT id, mood FROM t ORDER BY id") == ["1|glad", "5|sad"])
    }

    @Test func `identities are taken as they come, and partitions with triggers are seen`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (id int8 GENERATED ALWAYS AS IDENTITY, name text) PARTITION BY RANGE (id);
            CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (100);
            CREATE TABLE high PARTITION OF t FOR VALUES FROM (100) TO (200);
            """
        )
        let rows = "SELECT * FROM (VALUES (7::int8, 'low'), (107, 'high'), (207, 'none')) v"
        for turn in 1...2 {
            let result = try appended(bench, rows, fields: ["id", "name"])
            #expect(result.plans == [.insert, .insert, .reject])
            #expect(result.rejections[2]?.reason.contains("no partition of relation \"t\" found") == true)
            #expect(result.after?.texts(1) == (turn == 1 ? nil : ["low", "HIGH"]))
            try bench.server.run(
                """
                DELETE FROM sluice.marker;
                CREATE OR REPLACE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    NEW.name := upper(NEW.name); RETURN NEW;
                END $$;
                CREATE OR REPLACE TRIGGER change BEFORE INSERT ON high FOR EACH ROW EXECUTE FUNCTION change();
                """
            )
        }
        #expect(
            try bench.server.rows("SELECT id, name FROM t ORDER BY 1, 2") == ["7|low", "7|low", "107|HIGH", "107|high"]
        )
    }

    @Test func `policies refuse rows, and a role needs no right to read`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (id int8, name text); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
            CREATE POLICY mine ON t FOR INSERT WITH CHECK (name <> 'other')
            """
        )
        let role = "role_\(bench.server.database)"
        try bench.server.run("CREATE ROLE \(role) LOGIN; GRANT INSERT ON t TO \(role)")
        defer { #expect(throws: Never.self) { try bench.server.run("DROP OWNED BY \(role); DROP ROLE \(role)") } }
        let writer = try Registry.destination(for: bench.connection(url: bench.server.url(user: role)))
        defer { writer.close() }
        try writer.openGate(installation: bench.installation, run: bench.run)
        let rows = try bench.batch("SELECT * FROM (VALUES (1::int8, 'mine'), (2, 'other')) v")
        let target = try writer.resolve(table: "t", fields: ["id", "name"], key: [], mode: .append)
        let result = try bench.write(writer, target, rows)
        #expect(result.plans == [.insert, .reject])
        #expect(result.rejections[1]?.reason.contains("row-level security") == true)
        #expect(try bench.server.rows("SELECT id FROM t") == ["1"])
    }

    @Test func `views, rules and foreign partitions are refused, and a missing column is named`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE base (id int8); CREATE VIEW v AS SELECT * FROM base; CREATE TABLE r (id int8);
            CREATE RULE elsewhere AS ON INSERT TO r DO INSTEAD INSERT INTO base VALUES (NEW.id);
            CREATE TABLE parts (id int8) PARTITION BY LIST (id);
            CREATE FOREIGN DATA WRAPPER far; CREATE SERVER away FOREIGN DATA WRAPPER far;
            CREATE FOREIGN TABLE part PARTITION OF parts DEFAULT SERVER away;
            """
        )
        let writer = try bench.writer()
        func refused(_ table: String, _ field: String, key: [String] = []) -> SluiceError? {
            #expect(throws: SluiceError.self) {
                try writer.resolve(table: table, fields: [field], key: key, mode: .append)
            }
        }
        #expect(refused("v", "id")?.code == .unsupported)
        #expect(refused("parts", "id")?.message.contains("is a foreign table") == true)
        #expect(refused("r", "id")?.message.contains("CREATE RULE") == true)
        #expect(refused("base", "ids")?.message.contains("\"id\"") == true)
        #expect(refused("base", "id", key: ["id", "no"])?.code == .notFound)
    }
}
