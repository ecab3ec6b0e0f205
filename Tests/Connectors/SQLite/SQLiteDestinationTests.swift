import Drivers
import Foundation
import Model
import TestSupport
import Testing

@testable import Connectors

@Suite struct SQLiteDestinationTests {
    let subject: SQLiteSubject

    init() throws {
        subject = try SQLiteSubject()
    }

    private func failure(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing failed"
        } catch let failure as WriteFailure {
            return "\(failure)"
        } catch {
            return "not a WriteFailure: \(error)"
        }
    }

    @Test func `a missing file is an error and not made`() throws {
        let path = subject.directory.file("nothing.db")
        let destination = try Registry.destination(for: SQLiteSubject.resolved(["path": path]))
        let error = #expect(throws: SluiceError.self) { try destination.check() }
        #expect(error?.code == .unreachable)
        #expect(error?.message.contains("no such file; it is not made by itself") == true)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test(arguments: SQLiteSubject.Journal.allCases)
    func `the journal mode stays as it is and what is committed is synced`(_ journal: SQLiteSubject.Journal) throws {
        let subject = try SQLiteSubject(journal)
        try subject.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        _ = try subject.writer("t", ["id"], key: ["id"]).write([["1"]])
        #expect(try subject.query("PRAGMA journal_mode") == ["'\(journal.rawValue.lowercased())'"])
    }

    @Test func `an append inserts whatever is there, and a unique column rejects a record alone`() throws {
        try subject.execute("CREATE TABLE t (id INTEGER, code TEXT UNIQUE); INSERT INTO t VALUES (1, 'a')")
        let destination = try subject.destination()
        try destination.openGate(installation: .make(milliseconds: 1), run: .make(milliseconds: 2))
        let target = try destination.resolve(table: "t", fields: ["id", "code"], key: ["id"], mode: .append)
        var rows = RowBatch(width: 2)
        for code in ["b", "a", "c"] {
            rows.append(withUnsafeBytes(of: Int64(1).bigEndian, Array.init))
            rows.append(code.utf8)
            rows.endRow()
        }
        let identity = WriteIdentity(
            installation: .make(milliseconds: 1),
            run: .make(milliseconds: 2),
            attempt: .make(milliseconds: 3),
            write: .make(milliseconds: 4)
        )
        _ = try destination.stage(identity, target: target, rows: rows, rejections: [:])
        guard case .rejected(let found)? = #expect(throws: WriteFailure.self, performing: { try destination.apply() })
        else { return }
        #expect(found.mapValues(\.code) == [1: "duplicate_key"])
        let staged = try destination.stage(identity, target: target, rows: rows, rejections: found)
        #expect(staged.plans == [.insert, .reject, .insert])
        try destination.apply()
        _ = try destination.commit()
        #expect(try subject.query("SELECT * FROM t") == ["1|'a'", "1|'b'", "1|'c'"])
    }

    @Test func `a table with a trigger is not appended to`() throws {
        try subject.execute(
            """
            CREATE TABLE t (id INTEGER);
            CREATE TRIGGER x AFTER INSERT ON t BEGIN UPDATE t SET id = id + 1; END
            """
        )
        let destination = try subject.destination()
        let error = #expect(throws: SluiceError.self) {
            _ = try destination.resolve(table: "t", fields: ["id"], key: [], mode: .append)
        }
        #expect(error?.code == .unsupported)
    }

    @Test func `a committed write leaves its marker`() throws {
        try subject.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        let writer = try subject.writer("t", ["id"], key: ["id"])
        let identity = writer.identity()
        _ = try writer.stage([["1"]], as: identity)
        try writer.destination.apply()
        #expect(try subject.query("SELECT * FROM sluice_marker") == [])
        let at = try writer.destination.commit()
        let marker = try subject.query("SELECT write, attempt, run, installation FROM sluice_marker")
        #expect(
            marker == ["'\(identity.write)'|'\(identity.attempt)'|'\(identity.run)'|'\(identity.installation)'"]
        )
        let written = try subject.query("SELECT at FROM sluice_marker")
        #expect((Int64(written.first ?? "") ?? .max) <= at.microseconds)
        #expect(try writer.destination.discover(stream: nil).map(\.name) == ["t"])
    }

    @Test(arguments: SQLiteSubject.Journal.allCases)
    func `another writer in the file makes a write roll back, not fail`(_ journal: SQLiteSubject.Journal) throws {
        let subject = try SQLiteSubject(journal)
        try subject.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        let first = try subject.writer("t", ["id"], key: ["id"])
        let second = try subject.writer("t", ["id"], key: ["id"])
        _ = try first.stage([["1"]])
        try first.destination.apply()
        #expect(failure { _ = try second.stage([["1"]]) }.hasPrefix("rolledBack"))
        _ = try first.destination.commit()
        #expect(try second.write([["1"]]).plans == [.unchanged])
    }

    @Test func `a reader who does not end makes COMMIT roll back, not fail`() throws {
        try subject.execute("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2)")
        let writer = try subject.writer("t", ["id"], key: ["id"])
        _ = try writer.stage([["3"]])
        try writer.destination.apply()
        let reading = try subject.connection.statement("SELECT id FROM t")
        _ = try reading.step()
        #expect(failure { _ = try writer.destination.commit() }.hasPrefix("rolledBack"))
        reading.reset()
        #expect(try subject.query("SELECT id FROM t") == ["1", "2"])
        #expect(try writer.write([["3"]]).plans == [.insert])
    }

    @Test(
        arguments: [
            (13, ErrorCode.exhausted), (7, .exhausted), (10, .unreachable), (14, .unreachable), (8, .denied),
            (5, .timedOut),
            (11, .invalid), (26, .invalid), (1, .invalid), (776, .unreachable), (1032, .conflict),
        ] as [(Int32, ErrorCode)]
    )
    func `an answer of SQLite has an error code and says where and what`(_ answer: Int32, _ code: ErrorCode) throws {
        let error = SQLiteError(resultCode: answer, message: "as SQLite says", sql: "SELECT 1")
        let described = try SQLiteFile(subject.resolved).describe(error, "reading")
        #expect(described.code == code)
        #expect(described.message.hasPrefix("connection \"shop\", file \(subject.path): reading: "))
    }

    @Test func `a value that SQLite rounds is announced as it will be and unchanged afterwards`() throws {
        try subject.execute(
            """
            CREATE TABLE t (id INTEGER PRIMARY KEY, d DECIMAL, r REAL, x DATETIME);
            INSERT INTO t VALUES (1, 1.5, 2, 'x')
            """
        )
        let writer = try subject.writer("t", ["id", "d", "r", "x"], key: ["id"])
        let rows: [[String?]] = [
            ["1", "1.50", "2", "x"],
            ["2", "12345678901234567890.123456789", "-0", "007"],
            ["3", "1.10", "1", "1e3"],
            ["4", "-7.000", "1", " 5. "],
            ["5", "0.1", "0.1", "5.x"],
        ]
        let staged = try writer.write(rows)
        #expect(staged.plans == [.unchanged, .insert, .insert, .insert, .insert])
        let held: [[String?]] = [
            ["2", "12345678901234567000", "0", "7"], ["3", "1.1", "1", "1000"], ["4", "-7", "1", "5"],
            ["5", "0.1", "0.1", "5.x"],
        ]
        #expect(writer.after(staged) == held)
        #expect(
            try subject.read("t", ["id", "d", "r", "x"], key: ["id"]) == [rows[0].map { $0 == "1.50" ? "1.5" : $0 }]
                + held
        )
        #expect(try writer.write(rows).plans == rows.map { _ in .unchanged })
    }

    @Test func `what SQLite cannot hold is rejected`() throws {
        try subject.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, d DECIMAL, r REAL)")
        let writer = try subject.writer("t", ["id", "d", "r"], key: ["id"])
        let large = "1" + String(repeating: "0", count: 400)
        let staged = try writer.write([
            ["1", "1", "NaN"], ["2", "NaN", "1"], ["3", large, "1"], ["4", "1", "Infinity"],
        ])
        #expect(staged.plans == [.reject, .reject, .reject, .insert])
        #expect(staged.rejections.values.map(\.code) == ["invalid_value", "invalid_value", "invalid_value"])
        #expect(staged.rejections[0]?.field == "r")
        #expect(staged.rejections[2]?.field == "d")
        #expect(staged.rejections[2]?.reason.contains("too large") == true)
    }

    @Test func `a row that holds what its column's type cannot say is rejected and left alone`() throws {
        try subject.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT); INSERT INTO t VALUES (1, 1), (2, 2)")
        let writer = try subject.writer("t", ["id", "a"], key: ["id"])
        #expect(writer.target.fields[1].type == .int64)
        try subject.execute("UPDATE t SET a = 'late' WHERE id = 1")
        let staged = try writer.write([["1", "5"], ["2", "5"]])
        #expect(staged.plans == [.reject, .update])
        #expect(staged.rejections[0]?.field == "a")
        #expect(try subject.query("SELECT * FROM t") == ["1|'late'", "2|5"])
        // Looked at again the column is text and the row can be written, with all it held in the before-image.
        let again = try subject.writer("t", ["id", "a"], key: ["id"])
        #expect(again.target.fields[1].type == .text)
        let rewritten = try again.write([["1", "6"], ["2", "5"]])
        #expect(rewritten.plans == [.update, .unchanged])
        #expect(again.before(rewritten) == [["1", "late"]])
        #expect(try subject.query("SELECT * FROM t") == ["1|6", "2|5"])
    }

    @Test func `a key that differs only in case is the same record and takes the new spelling`() throws {
        try subject.execute(
            "CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY, a INT); INSERT INTO t VALUES ('Ann', 1)"
        )
        let writer = try subject.writer("t", ["a", "k"], key: ["k"])
        let staged = try writer.write([["1", "ANN"], ["2", "bob"]])
        #expect(staged.plans == [.update, .insert])
        #expect(writer.before(staged) == [["1", "Ann"]])
        #expect(try subject.query("SELECT * FROM t ORDER BY k") == ["'ANN'|1", "'bob'|2"])
        let clash = try writer.write([["3", "Eve"], ["4", "eve"]])
        #expect(clash.plans == [.insert, .reject])
        #expect(clash.rejections[1]?.code == "duplicate_key")
    }

    @Test func `a table that replaces on conflict does not lose other rows`() throws {
        try subject.execute(
            """
            CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE ON CONFLICT REPLACE,
                b TEXT NOT NULL ON CONFLICT IGNORE);
            INSERT INTO t VALUES (1, 'x', 'b')
            """
        )
        let staged = try subject.writer("t", ["id", "a", "b"], key: ["id"]).write([["2", "x", "b"], ["3", "y", nil]])
        #expect(staged.plans == [.reject, .reject])
        #expect(staged.rejections[0]?.code == "duplicate_key")
        #expect(staged.rejections[0]?.field == "a")
        #expect(try subject.query("SELECT * FROM t") == ["1|'x'|'b'"])
    }

    @Test func `a foreign key that does not hold rejects its row, deferred or not`() throws {
        for deferred in ["", "DEFERRABLE INITIALLY DEFERRED"] {
            let subject = try SQLiteSubject()
            try subject.execute(
                """
                CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);
                CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p \(deferred));
                INSERT INTO c VALUES (1, 1)
                """
            )
            let writer = try subject.writer("c", ["id", "p"], key: ["id"])
            let staged = try writer.write([["1", "9"], ["2", "1"], ["3", "8"], ["4", nil]])
            #expect(staged.plans == [.reject, .insert, .reject, .insert])
            #expect(staged.rejections.values.map(\.code) == ["constraint", "constraint"])
            #expect(try subject.query("SELECT * FROM c") == ["1|1", "2|1", "4|NULL"])
        }
    }

    @Test func `a table that is changed between resolve and stage is looked at again`() throws {
        try subject.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)")
        let writer = try subject.writer("t", ["id", "a"], key: ["id"])
        try subject.execute("ALTER TABLE t ADD COLUMN b TEXT")
        #expect(try writer.write([["1", "x"]]).plans == [.insert])
        try subject.execute("ALTER TABLE t RENAME COLUMN a TO c")
        let renamed = failure { _ = try writer.stage([["1", "y"]]) }
        #expect(renamed.contains("column \\\"a\\\" not found") || renamed.contains("column \"a\" not found"))
        try subject.execute("DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY, a INT)")
        #expect(failure { _ = try writer.stage([["1", "y"]]) }.contains("was changed while it was written to"))
        #expect(try subject.query("SELECT * FROM t") == [])
    }

    @Test func `a file that was replaced is not written to`() throws {
        try subject.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        let writer = try subject.writer("t", ["id"], key: ["id"])
        _ = try writer.write([["1"]])
        try FileManager.default.moveItem(atPath: subject.path, toPath: subject.directory.file("old.db"))
        #expect(failure { _ = try writer.stage([["2"]]) }.contains("was moved or replaced"))
    }

    @Test func `a view, a generated column, a field given twice and an unmapped key are refused`() throws {
        try subject.execute(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT AS (a)); CREATE VIEW v AS SELECT * FROM t"
        )
        let destination = try subject.destination()
        for (table, fields, code, words) in [
            ("v", ["id"], ErrorCode.unsupported, "it is a view"),
            ("t", ["id", "b"], .invalid, "column \"b\" is generated"),
            ("t", ["id", "a", "a"], .invalid, "field \"a\" is written twice"),
            ("t", ["a"], .invalid, "key column \"id\" is not among the fields"),
        ] {
            let error = #expect(throws: SluiceError.self) {
                try destination.resolve(table: table, fields: fields, key: ["id"])
            }
            #expect(error?.code == code)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
    }
}
