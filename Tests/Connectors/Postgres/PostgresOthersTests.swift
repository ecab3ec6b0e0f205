import Connectors
import Model
import Synchronization
import TestSupport
import Testing

/// What others do to the rows meanwhile: triggers, other sessions, partitions.
@Suite struct PostgresOthersTests {
    private static let plain = """
        CREATE TABLE t (id int8 PRIMARY KEY, name text); INSERT INTO t VALUES (1, 'one'), (2, 'two');
        """

    @Test func `what triggers make of the rows is in after, and only that is committed`() throws {
        let bench = try PostgresBench(
            """
            \(Self.plain)
            CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.name = 'skip' THEN RETURN NULL; END IF;
                IF NEW.name = 'no' THEN RAISE EXCEPTION 'we say no'; END IF;
                NEW.name := upper(NEW.name); RETURN NEW;
            END $$;
            CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION shout();
            CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.name = 'LATER' THEN UPDATE t SET name = 'much later' WHERE id = NEW.id; END IF; RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER later AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION later();
            """
        )
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: ["id", "name"], key: ["id"])
        let rows = try bench.batch(
            """
            SELECT * FROM (VALUES (1::int8, 'eins'), (2, 'skip'), (3, 'drei'), (4, 'skip'), (5, 'no'), (6, 'later')) v
            """
        )
        let staged = try bench.write(writer, target, rows)
        #expect(staged.plans == [.update, .reject, .insert, .reject, .reject, .insert])
        #expect(staged.after?.texts(1) == ["EINS", "DREI", "MUCH LATER"])
        #expect(staged.before.texts(1) == ["one"])
        #expect(staged.rejections[1]?.reason == "a trigger of the table left the row out")
        #expect(staged.rejections[4]?.reason == "we say no")
        #expect(
            try bench.server.rows("SELECT * FROM t ORDER BY id")
                == ["1|EINS", "2|two", "3|DREI", "6|MUCH LATER"]
        )
    }

    @Test func `a row changed by somebody else between stage and apply rolls the write back`() throws {
        let bench = try PostgresBench(Self.plain)
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: ["id", "name"], key: ["id"])
        let rows = try bench.batch("SELECT * FROM (VALUES (1::int8, 'eins'), (2, 'zwei')) v")
        _ = try writer.stage(bench.identity(), target: target, rows: rows, rejections: [:])
        try bench.server.run("UPDATE t SET name = 'theirs' WHERE id = 2")
        #expect { try writer.apply() } throws: { error in
            guard case WriteFailure.rolledBack(let reason) = error else { return false }
            return reason.contains("1 of 2 rows")
        }
        #expect(try bench.server.rows("SELECT * FROM t ORDER BY id") == ["1|one", "2|theirs"])
        // Again, and now it is known what will be replaced.
        let staged = try bench.write(writer, target, rows)
        #expect(staged.before.texts(1) == ["one", "theirs"])
    }

    @Test func `a row inserted or deleted by somebody else meanwhile rolls the write back`() throws {
        let bench = try PostgresBench(Self.plain)
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: ["id", "name"], key: ["id"])
        let rows = try bench.batch("SELECT * FROM (VALUES (1::int8, 'eins'), (3, 'drei')) v")
        for meanwhile in ["INSERT INTO t VALUES (3, 'theirs')", "DELETE FROM t WHERE id = 1"] {
            _ = try writer.stage(bench.identity(), target: target, rows: rows, rejections: [:])
            try bench.server.run(meanwhile)
            #expect { try writer.apply() } throws: { error in
                guard case WriteFailure.rolledBack = error else { return false }
                return true
            }
        }
        #expect(try bench.server.rows("SELECT * FROM t ORDER BY id") == ["2|two", "3|theirs"])
    }

    @Test func `partitions, composite keys and a row that moves`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (region text, id int, name text, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
            CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a'); CREATE TABLE t_b PARTITION OF t FOR VALUES IN ('b');
            INSERT INTO t VALUES ('a', 1, 'one'), ('b', 1, 'one'), ('b', 2, 'two');
            """
        )
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: ["region", "id", "name"], key: ["region", "id"])
        let rows = try bench.batch(
            "SELECT * FROM (VALUES ('a', 1, 'eins'), ('b', 1, 'one'), ('b', 2, 'zwei'), ('b', 3, 'drei'), ('c', 1, 'x')) v"
        )
        let staged = try bench.write(writer, target, rows)
        #expect(staged.plans == [.update, .unchanged, .update, .insert, .reject])
        #expect(staged.before.texts(2) == ["one", "two"])
        #expect(
            try bench.server.rows("SELECT * FROM t ORDER BY 1, 2")
                == ["a|1|eins", "b|1|one", "b|2|zwei", "b|3|drei"]
        )
    }

    @Test func `a deferrable key works, and a duplicate that somebody was faster with rolls back`() throws {
        let bench = try PostgresBench(
            "CREATE TABLE t (id int8, name text, PRIMARY KEY (id) DEFERRABLE INITIALLY DEFERRED)"
        )
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: ["id", "name"], key: ["id"])
        let staged = try bench.write(writer, target, bench.batch("SELECT 1::int8, 'one'"))
        #expect(staged.plans == [.insert])
        let again = try bench.write(writer, target, bench.batch("SELECT 1::int8, 'eins'"))
        #expect(again.plans == [.update])
        #expect(try bench.server.rows("SELECT * FROM t") == ["1|eins"])
    }

    @Test func `policies reject the rows that they forbid`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (id int8 PRIMARY KEY, tenant text);
            ALTER TABLE t ENABLE ROW LEVEL SECURITY;
            CREATE POLICY mine ON t USING (tenant = 'us') WITH CHECK (tenant = 'us');
            """
        )
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
        let writer = try Registry.destination(for: bench.connection(url: bench.server.url(user: role)))
        defer { writer.close() }
        try writer.openGate(installation: bench.installation, run: bench.run)
        try writer.openFence(bench.identity())
        let target = try writer.resolve(table: "t", fields: ["id", "tenant"], key: ["id"])
        let rows = try bench.batch("SELECT * FROM (VALUES (1::int8, 'us'), (2, 'them')) v")
        let staged = try bench.write(writer, target, rows)
        #expect(staged.plans == [.insert, .reject])
        #expect(staged.rejections[1]?.reason.contains("row-level security") == true)
    }

    @Test func `a session that was ended between writes is replaced`() throws {
        let bench = try PostgresBench(Self.plain)
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: ["id", "name"], key: ["id"])
        try bench.write(writer, target, bench.batch("SELECT 1::int8, 'eins'"))
        try bench.server.run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'sluice/\(bench.attempt)'"
        )
        let rows = try bench.batch("SELECT 2::int8, 'zwei'")
        #expect { try writer.stage(bench.identity(), target: target, rows: rows, rejections: [:]) } throws: { error in
            guard case WriteFailure.rolledBack = error else { return false }
            return true
        }
        try bench.write(writer, target, rows)
        #expect(try bench.server.rows("SELECT * FROM t ORDER BY id") == ["1|eins", "2|zwei"])
    }

    @Test func `a lock held by somebody else rolls the write back within the lock time-out`() throws {
        let bench = try PostgresBench(Self.plain)
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: ["id", "name"], key: ["id"])
        _ = try writer.stage(
            bench.identity(),
            target: target,
            rows: bench.batch("SELECT 1::int8, 'eins'"),
            rejections: [:]
        )
        try bench.server.run("BEGIN; SELECT FROM t WHERE id = 1 FOR UPDATE")
        #expect { try writer.apply() } throws: { error in
            guard case WriteFailure.rolledBack(let reason) = error else { return false }
            return reason.contains("55P03")
        }
        try bench.server.run("ROLLBACK")
    }

    @Test func `writers that contend for rows leave a chain of before-images without a gap`() throws {
        struct Step: Sendable {
            var key: String
            var before: String
            var after: String
        }
        let bench = try PostgresBench(
            "CREATE TABLE t (id text PRIMARY KEY, name text); INSERT INTO t SELECT g, 'start' FROM generate_series(10, 39) g"
        )
        try bench.destination().openGate(installation: bench.installation, run: bench.run)
        let steps = Mutex<[Step]>([])
        let conflicts = Mutex(0)
        let workers = (0..<4).map { number in
            PostgresWorker {
                let writer = try bench.destination()
                var identity = bench.identity()
                identity.attempt = AttemptID.make(milliseconds: UInt64(50 + number))
                try writer.openFence(identity)
                let target = try writer.resolve(table: "t", fields: ["id", "name"], key: ["id"])
                for round in 0..<25 {
                    let keys = (10..<40).filter { _ in Bool.random() }.map { "\($0)" }
                    var rows = RowBatch(width: 2)
                    for key in keys {
                        rows.append(key.utf8)
                        rows.append("writer \(number) round \(round)".utf8)
                        rows.endRow()
                    }
                    var isWritten = false
                    while !isWritten {
                        identity.write = WriteID.make(milliseconds: 5)
                        do {
                            let staged = try writer.stage(identity, target: target, rows: rows, rejections: [:])
                            try writer.apply()
                            _ = try writer.commit()
                            isWritten = true
                            let replaced = staged.before.texts(1).map { $0 ?? "" }
                            steps.withLock { steps in
                                for (key, before) in zip(keys, replaced) {
                                    steps.append(Step(key: key, before: before, after: rows.texts(1)[0] ?? ""))
                                }
                            }
                        } catch WriteFailure.rolledBack {
                            conflicts.withLock { $0 += 1 }
                        }
                    }
                }
            }
        }
        for worker in workers { try worker.join() }
        // Every value was written once, so each key's steps form one path from the start to what the table holds.
        for row in try bench.server.rows("SELECT id, name FROM t") {
            let (key, end) = (String(row.prefix(2)), String(row.dropFirst(3)))
            var left: [String: String] = [:]
            for step in steps.withLock({ $0 }) where step.key == key {
                #expect(left.updateValue(step.after, forKey: step.before) == nil, "two writes replaced \(step.before)")
            }
            var value = "start"
            while let next = left.removeValue(forKey: value) { value = next }
            #expect(left.isEmpty)
            #expect(value == end)
        }
        #expect(conflicts.withLock { $0 } > 0, "the writers never met")
    }
}
