import Drivers
import Foundation
import TestSupport
import Testing

@Suite struct SQLiteConnectionTests {
    let directory: TemporaryDirectory
    let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("a.db")
    }

    private func open(
        _ access: SQLiteConnection.Access = .create,
        patience: Duration = .seconds(5)
    ) throws -> SQLiteConnection {
        try SQLiteConnection(path: path, access: access, busyTimeout: patience)
    }

    @Test func `each storage class comes back as it was bound`() throws {
        let connection = try open()
        try connection.execute("CREATE TABLE t (a)")
        let insert = try connection.statement("INSERT INTO t VALUES (?)")
        let bytes: [UInt8] = Array("a\0é".utf8)
        try bytes.withUnsafeBytes { lent in
            for value in [
                SQLiteValue.null, .integer(.min), .real(0.1), .text(lent), .blob(lent),
                .text(.init(start: nil, count: 0)), .blob(.init(start: nil, count: 0)),
            ] {
                try insert.bind(value, at: 1)
                try insert.run()
            }
        }
        try insert.bind("a\0é", at: 1)
        try insert.run()

        let select = try connection.statement("SELECT a FROM t ORDER BY rowid")
        defer { select.reset() }
        var read: [String] = []
        while try select.step() {
            switch select.value(at: 0) {
            case .null: read.append("null")
            case .integer(let integer): read.append("\(integer)")
            case .real(let real): read.append("\(real)")
            case .text(let text): read.append("text \(Array(text))")
            case .blob(let blob): read.append("blob \(Array(blob))")
            }
        }
        #expect(
            read == [
                "null", "\(Int64.min)", "0.1", "text \(bytes)", "blob \(bytes)", "text []", "blob []", "text \(bytes)",
            ]
        )
    }

    @Test func `a statement with the same text is prepared once`() throws {
        let connection = try open()
        let first = try connection.statement("SELECT 1")
        #expect(try connection.statement("SELECT 1") === first)
        #expect(try connection.statement("SELECT 2") !== first)
    }

    @Test func `a lock that is not given up in time is busy`() throws {
        let holder = try open()
        let other = try open(.readWrite, patience: .milliseconds(20))
        try holder.execute("CREATE TABLE t (a); BEGIN IMMEDIATE")
        let error = #expect(throws: SQLiteError.self) { try other.execute("BEGIN IMMEDIATE") }
        #expect(error?.condition == .busy)
        #expect(!other.isInTransaction)
        try holder.execute("ROLLBACK")
        try other.execute("BEGIN IMMEDIATE")
        #expect(other.isInTransaction)
    }

    @Test(
        arguments: [
            ("INSERT INTO t (id, a) VALUES (1, 'x')", SQLiteError.Condition.constraint(.unique)),
            ("INSERT INTO t (id, a) VALUES (2, 'a')", .constraint(.unique)),
            ("INSERT INTO t (id, a) VALUES (2, NULL)", .constraint(.notNull)),
            ("INSERT INTO t (id, a, b) VALUES (2, 'b', -1)", .constraint(.check)),
            ("INSERT INTO t (id, a, c) VALUES (2, 'b', 9)", .constraint(.foreignKey)),
            ("INSERT INTO t (id, a) VALUES ('x', 'b')", .valueUnfit),
            ("INSERT INTO s VALUES ('x')", .constraint(.dataType)),
            ("INSERT INTO r VALUES (1)", .constraint(.trigger)),
            ("INSERT INTO nothing VALUES (1)", .other),
        ]
    )
    func `a refusal has its condition`(_ sql: String, _ condition: SQLiteError.Condition) throws {
        let connection = try open()
        try connection.execute(
            """
            PRAGMA foreign_keys = ON;
            CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL UNIQUE, b INT CHECK (b >= 0), c INT REFERENCES t);
            CREATE TABLE s (a INT) STRICT;
            CREATE TABLE r (a INT);
            CREATE TRIGGER no BEFORE INSERT ON r BEGIN SELECT RAISE(ABORT, 'not today'); END;
            INSERT INTO t (id, a) VALUES (1, 'a');
            """
        )
        let error = #expect(throws: SQLiteError.self) { try connection.execute(sql) }
        #expect(error?.condition == condition)
        #expect(error?.sql == sql)
    }

    @Test func `a file that is no database is damaged, a missing one cannot be opened`() throws {
        let missing = #expect(throws: SQLiteError.self) { try open(.readWrite) }
        #expect(missing?.condition == .cannotOpen)
        let connection = try open()
        try connection.execute("CREATE TABLE t (a)")
        let other = directory.file("text.db")
        try "no database, and long enough to be read as the header of one".repeated(20).write(
            toFile: other,
            atomically: false,
            encoding: .utf8
        )
        let text = try SQLiteConnection(path: other, access: .readOnly, busyTimeout: .zero)
        let error = #expect(throws: SQLiteError.self) { try text.execute("SELECT * FROM sqlite_schema") }
        #expect(error?.condition == .damaged)
    }

    @Test func `a connection for reading refuses to write`() throws {
        let writer = try open()
        try writer.execute("CREATE TABLE t (a)")
        let reader = try open(.readOnly)
        #expect(reader.isReadOnly)
        let error = #expect(throws: SQLiteError.self) { try reader.execute("INSERT INTO t VALUES (1)") }
        #expect(error?.condition == .readOnly)
    }

    @Test func `a file that another took the place of has moved`() throws {
        let connection = try open()
        try connection.execute("CREATE TABLE t (a)")
        #expect(!connection.hasMoved)
        try FileManager.default.moveItem(atPath: path, toPath: directory.file("b.db"))
        #expect(connection.hasMoved)
    }

    @Test func `a deferred foreign key that is violated shows before COMMIT`() throws {
        let connection = try open()
        try connection.execute(
            """
            PRAGMA foreign_keys = ON;
            CREATE TABLE p (id INTEGER PRIMARY KEY);
            CREATE TABLE c (p INT REFERENCES p DEFERRABLE INITIALLY DEFERRED);
            BEGIN; INSERT INTO c VALUES (1)
            """
        )
        #expect(connection.hasDeferredViolations)
        try connection.execute("INSERT INTO p VALUES (1)")
        #expect(!connection.hasDeferredViolations)
    }
}

extension String {
    fileprivate func repeated(_ times: Int) -> String {
        String(repeating: self, count: times)
    }
}
