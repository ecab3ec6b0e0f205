import Connectors
import Model
import TestSupport
import Testing

@Suite struct PostgresRejectionTests {
    private func staged(
        _ bench: PostgresBench,
        _ rows: String,
        fields: [String],
        rejections: [Int: Rejection] = [:]
    ) throws -> StagedWrite {
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: fields, key: ["id"])
        return try bench.write(writer, target, bench.batch(rows), rejections: rejections)
    }

    @Test func `rows that CHECK, FOREIGN KEY and other unique keys refuse are rejected, the rest is written`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE company (id int PRIMARY KEY); INSERT INTO company VALUES (1);
            CREATE TABLE t (id int8 PRIMARY KEY, email text UNIQUE, age int CONSTRAINT adult CHECK (age >= 18),
                company int REFERENCES company DEFERRABLE INITIALLY DEFERRED);
            INSERT INTO t VALUES (1, 'one@x', 20, 1), (2, 'two@x', 20, 1), (3, 'three@x', 20, 1);
            """
        )
        let result = try staged(
            bench,
            """
            SELECT * FROM (VALUES (1::int8, 'new@x', 21, 1), (2, 'two@x', 3, 1), (3, 'three@x', 20, 1),
                (4, 'three@x', 20, 1), (5, 'five@x', 20, 99), (6, 'six@x', 20, null)) v
            """,
            fields: ["id", "email", "age", "company"]
        )
        #expect(result.plans == [.update, .reject, .unchanged, .reject, .reject, .insert])
        #expect(result.isApplied)
        #expect(result.rejections.mapValues(\.code) == [1: "constraint", 3: "duplicate_key", 4: "constraint"])
        #expect(result.rejections[1]?.reason.contains("\"adult\"") == true)
        #expect(result.rejections[3]?.reason.contains("Key (email)=(three@x) already exists") == true)
        #expect(result.rejections[4]?.reason.contains("Key (company)=(99) is not present") == true)
        #expect(result.before.texts(1) == ["one@x"])
        #expect(result.after?.texts(1) == ["new@x", "six@x"])
        #expect(
            try bench.server.rows("SELECT id, email, age FROM t ORDER BY id")
                == ["1|new@x|21", "2|two@x|20", "3|three@x|20", "6|six@x|20"]
        )
    }

    @Test func `many bad rows are each found and no good one is lost`() throws {
        let bench = try PostgresBench("CREATE TABLE t (id int8 PRIMARY KEY, n int CHECK (n % 20 <> 3))")
        let rows = "SELECT g::int8, g FROM generate_series(1, 3000) g"
        let result = try staged(bench, rows, fields: ["id", "n"])
        #expect(result.rejections.keys.sorted() == stride(from: 2, to: 3000, by: 20).map { $0 })
        #expect(result.rejections.count == 150)
        #expect(result.after?.count == 2850)
        #expect(try bench.server.value("SELECT count(*) FROM t") == "2850")
    }

    @Test func `bytes that a column cannot hold reject their row alone`() throws {
        let bench = try PostgresBench("CREATE TABLE t (id int8 PRIMARY KEY, name varchar(3), doc json)")
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: ["id", "name", "doc"], key: ["id"])
        var rows = RowBatch(width: 3)
        for (id, name, doc) in [(1, "abc", "{}"), (2, "a\0b", "{}"), (3, "abcd", "{}"), (4, "x", "{"), (5, "ok", "[]")]
        {
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
        #expect(try bench.server.rows("SELECT id FROM t ORDER BY id") == ["1", "5"])
    }

    @Test func `a NULL that slips through rejects its row alone`() throws {
        let bench = try PostgresBench("CREATE TABLE t (id int8 PRIMARY KEY, n int NOT NULL)")
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: ["id", "n"], key: ["id"])
        let rows = try bench.batch("SELECT * FROM (VALUES (1::int8, 1), (2, null), (null, 3)) v")
        let identity = bench.identity()
        let staged = try writer.stage(identity, target: target, rows: rows, rejections: [:])
        #expect(staged.plans == [.insert, .insert, .reject])
        #expect(staged.rejections[2]?.field == "id")
        // Nothing could know before that the server would refuse it: the write is told apart and staged again.
        do {
            try writer.apply()
            Issue.record("the NULL was taken")
        } catch WriteFailure.rejected(let found) {
            #expect(found.keys.sorted() == [1])
            #expect(found[1].map { [$0.code, $0.field] } == ["not_null", "n"])
            let again = try bench.write(
                writer,
                target,
                rows,
                rejections: staged.rejections.merging(found) { old, _ in old }
            )
            #expect(again.plans == [.insert, .reject, .reject])
        }
        #expect(try bench.server.rows("SELECT * FROM t") == ["1|1"])
    }

    @Test func `a required column that no field fills rejects the inserts, not the updates`() throws {
        let bench = try PostgresBench(
            "CREATE TABLE t (id int8 PRIMARY KEY, n int, must int NOT NULL); INSERT INTO t VALUES (1, 1, 1)"
        )
        let result = try staged(bench, "VALUES (1::int8, 5), (2, 6)", fields: ["id", "n"])
        #expect(result.plans == [.update, .reject])
        #expect(result.rejections[1].map { [$0.code, $0.field] } == ["not_null", "must"])
    }

    @Test func `rows rejected before are left out`() throws {
        let bench = try PostgresBench("CREATE TABLE t (id int8 PRIMARY KEY, n int)")
        let known = Rejection(code: "invalid_value", field: "n", reason: "no number")
        let result = try staged(
            bench,
            "SELECT * FROM (VALUES (1::int8, 1), (2, 2), (3, 3)) v",
            fields: ["id", "n"],
            rejections: [1: known]
        )
        #expect(result.plans == [.insert, .reject, .insert])
        #expect(result.rejections == [1: known])
        #expect(try bench.server.rows("SELECT id FROM t ORDER BY id") == ["1", "3"])
    }

    @Test func `values are brought to what the columns hold, and that is what after says`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (id int8 PRIMARY KEY, price numeric(6,2), code char(4), at timestamp(0));
            INSERT INTO t VALUES (1, 1.50, 'ab', '2024-01-01 10:00:01')
            """
        )
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: ["id", "price", "code", "at"], key: ["id"])
        let same = try bench.batch("SELECT 1::int8, 1.5::numeric, 'ab'::text, '2024-01-01 10:00:00.7'::timestamp")
        #expect(try bench.write(writer, target, same).plans == [.unchanged])
        let rows = try bench.batch(
            """
            SELECT * FROM (VALUES (1::int8, 2::numeric, 'ab'::text, '1999-12-31 23:59:59.5'::timestamp),
                (2, 1.005, 'abcd  ', null), (3, 9999.995, '', null), (4, 9999.994, 'x', null), (5, -0.001, 'abcde', null),
                (6, 'NaN', null, null), (7, -0.004, 'y', 'infinity')) v
            """
        )
        let result = try bench.write(writer, target, rows)
        #expect(result.plans == [.update, .insert, .reject, .insert, .reject, .insert, .insert])
        #expect(result.rejections[2]?.code == "invalid_value")
        #expect(result.rejections[4]?.code == "too_long")
        let stored = try bench.batch("SELECT * FROM t ORDER BY id")
        #expect(result.after?.fields == stored.fields)
    }

    @Test func `values that differ in wording only are unchanged`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (id int8 PRIMARY KEY, doc jsonb, ip inet, n int);
            INSERT INTO t VALUES (1, '{"a": 1, "b": [1, 2]}', '10.0.0.1', 1), (2, '{"a": 1}', '10.0.0.2', 1),
                (3, '{"a": 1}', '10.0.0.3', 1), (4, '{"a": 1}', '10.0.0.4', 1)
            """
        )
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: ["id", "doc", "ip", "n"], key: ["id"])
        #expect(target.fields[2].type == .foreign("inet"))
        func batch(_ last: String) throws -> RowBatch {
            var rows = RowBatch(width: 4)
            for (id, doc, ip, n) in [
                (1, "{\"b\":[1,2],\"a\":1}", "10.0.0.1/32", 1), (2, "{\"a\":2}", "10.0.0.2", 1),
                (3, "{\"a\":1}", "10.0.0.3", 2), (4, "{\"a\":1}", last, 1),
            ] {
                rows.append(withUnsafeBytes(of: Int64(id).bigEndian, Array.init))
                rows.append([1] + doc.utf8)
                rows.append(ip.utf8)
                rows.append(withUnsafeBytes(of: Int32(n).bigEndian, Array.init))
                rows.endRow()
            }
            return rows
        }
        let staged = try bench.write(writer, target, batch("10.0.0.4"))
        #expect(staged.plans == [.unchanged, .update, .update, .unchanged])
        #expect(staged.after?.texts(1) == ["\u{1}{\"a\": 2}", "\u{1}{\"a\": 1}"])
        // One value that is no address does not keep the others from being judged, or written.
        let broken = try bench.write(writer, target, batch("no address"))
        #expect(broken.plans[3] == .reject)
        #expect(broken.rejections[3]?.code == "invalid_value")
    }

    @Test func `keys that are no value of the key's type are rejected alone`() throws {
        let bench = try PostgresBench(
            "CREATE TABLE t (id inet PRIMARY KEY, name text); INSERT INTO t VALUES ('10.0.0.2', 'old')"
        )
        let result = try staged(
            bench,
            "SELECT * FROM (VALUES ('10.0.0.1', 'one'), ('10.0.0.2', 'two'), ('here', 'x'), ('10.0.0.3/33', 'y')) v",
            fields: ["id", "name"]
        )
        #expect(result.plans == [.insert, .update, .reject, .reject])
        #expect(result.rejections[2].map { [$0.code, $0.field] } == ["invalid_value", "id"])
        #expect(result.rejections[3]?.reason.contains("10.0.0.3/33") == true)
        #expect(try bench.server.rows("SELECT id, name FROM t ORDER BY id") == ["10.0.0.1|one", "10.0.0.2|two"])
    }

    @Test func `rounding agrees with the server's for many values and scales`() throws {
        let bench = try PostgresBench()
        for scale in [(30, 0), (30, 1), (30, 2), (30, 3), (30, 4), (30, 5), (30, 9), (30, -3), (6, 2)] {
            let type = "numeric(\(scale.0),\(scale.1))"
            try bench.server.run("CREATE TABLE t (id int8 PRIMARY KEY, n \(type))")
            let values = """
                SELECT g::int8, (sign * power(10::numeric, e) * (ARRAY[0.5, 0.05, 1.499999, 9999.5, 9999.9999, 99999999.99995,
                    0.00005, 5, 50, 12345.678951, 10000, 0.1])[i])::numeric AS n
                FROM (SELECT row_number() OVER () g, * FROM generate_series(-8, 8, 1) e, generate_series(1, 12) i,
                    unnest(ARRAY[1, -1]) sign) s
                """
            let writer = try bench.destination()
            try writer.openGate(installation: bench.installation, run: bench.run)
            try writer.openFence(bench.identity())
            let target = try writer.resolve(table: "t", fields: ["id", "n"], key: ["id"])
            let result = try bench.write(writer, target, bench.batch("\(values) ORDER BY 1"))
            let written = try bench.batch("SELECT * FROM t ORDER BY id")
            #expect(result.after?.fields == written.fields)
            let limit = "(abs(round(n, \(scale.1))) < power(10::numeric, \(scale.0 - scale.1)))"
            #expect(
                try bench.server.rows("SELECT id, n FROM t ORDER BY id")
                    == bench.server.rows(
                        "SELECT g, n::\(type) FROM (\(values)) s(g, n) WHERE \(limit) ORDER BY g"
                    ),
                "\(type)"
            )
            writer.close()
            try bench.server.run("DROP TABLE t")
        }
    }
}
