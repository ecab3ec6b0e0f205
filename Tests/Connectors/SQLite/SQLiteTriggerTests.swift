import Connectors
import Model
import Testing

@Suite struct SQLiteTriggerTests {
    let subject: SQLiteSubject

    init() throws {
        subject = try SQLiteSubject()
        try subject.execute(
            """
            CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE log (id INT);
            INSERT INTO t VALUES (1, 'old')
            """
        )
    }

    @Test func `what a trigger makes of a row is known before it is committed`() throws {
        try subject.execute(
            """
            CREATE TRIGGER up AFTER INSERT ON t BEGIN UPDATE t SET a = upper(a) WHERE id = new.id; END;
            CREATE TRIGGER down AFTER UPDATE OF a ON t WHEN new.a <> lower(new.a) AND old.a = 'old'
            BEGIN UPDATE t SET a = lower(a) WHERE id = new.id; END
            """
        )
        let writer = try subject.writer("t", ["id", "a"], key: ["id"])
        let staged = try writer.stage([["1", "New"], ["2", "Two"]])
        #expect(staged.isApplied)
        #expect(staged.plans == [.update, .insert])
        #expect(writer.before(staged) == [["1", "old"]])
        #expect(writer.after(staged) == [["1", "new"], ["2", "TWO"]])
        try writer.destination.apply()
        _ = try writer.destination.commit()
        #expect(try subject.query("SELECT * FROM t") == ["1|'new'", "2|'TWO'"])
    }

    @Test func `a write to a table with triggers is rolled back altogether`() throws {
        try subject.execute("CREATE TRIGGER l AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END")
        let writer = try subject.writer("t", ["id", "a"], key: ["id"])
        _ = try writer.stage([["2", "x"]])
        writer.destination.rollBack()
        #expect(try subject.query("SELECT count(*) FROM t, (SELECT count(*) AS n FROM log)") == ["1"])
        #expect(try subject.query("SELECT * FROM log") == [])
    }

    @Test(arguments: ["ABORT, 'no'", "FAIL, 'no'", "IGNORE", "ROLLBACK, 'no'"])
    func `a row that a trigger refuses is rejected and leaves nothing behind`(_ how: String) throws {
        try subject.execute(
            """
            CREATE TRIGGER l BEFORE INSERT ON t BEGIN
                INSERT INTO log VALUES (new.id); SELECT RAISE(\(how)) WHERE new.a = 'bad';
            END
            """
        )
        let writer = try subject.writer("t", ["id", "a"], key: ["id"])
        let staged = try writer.write([["2", "x"], ["3", "bad"], ["4", "y"]])
        #expect(staged.plans == [.insert, .reject, .insert])
        #expect(staged.rejections[1]?.code == "constraint")
        #expect(try subject.query("SELECT * FROM t") == ["1|'old'", "2|'x'", "4|'y'"])
        #expect(try subject.query("SELECT * FROM log") == ["2", "4"])
    }

    @Test func `the before-image of a rejected update is not among the others`() throws {
        try subject.execute(
            """
            INSERT INTO t VALUES (2, 'two'), (3, 'three');
            CREATE TRIGGER no BEFORE UPDATE ON t WHEN new.a = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END
            """
        )
        let writer = try subject.writer("t", ["id", "a"], key: ["id"])
        let staged = try writer.write([["1", "new"], ["2", "bad"], ["3", "new"]])
        #expect(staged.plans == [.update, .reject, .update])
        #expect(writer.before(staged) == [["1", "old"], ["3", "three"]])
    }

    @Test func `a row that a trigger takes away again is rejected`() throws {
        try subject.execute(
            "CREATE TRIGGER gone AFTER INSERT ON t WHEN new.a = 'bad' BEGIN DELETE FROM t WHERE id = new.id; END"
        )
        let writer = try subject.writer("t", ["id", "a"], key: ["id"])
        let staged = try writer.write([["2", "bad"], ["3", "x"]])
        #expect(staged.plans == [.reject, .insert])
        #expect(try subject.query("SELECT * FROM t") == ["1|'old'", "3|'x'"])
    }

    @Test func `a deferred foreign key in a table with triggers rejects its row`() throws {
        try subject.execute(
            """
            CREATE TABLE c (id INTEGER PRIMARY KEY, t INT REFERENCES t DEFERRABLE INITIALLY DEFERRED,
                g INT AS (id) STORED)
            """
        )
        let writer = try subject.writer("c", ["id", "t"], key: ["id"])
        let staged = try writer.stage([["1", "1"], ["2", "99"]])
        #expect(staged.isApplied)
        #expect(staged.plans == [.insert, .reject])
        try writer.destination.apply()
        _ = try writer.destination.commit()
        #expect(try subject.query("SELECT id, t FROM c") == ["1|1"])
    }
}
