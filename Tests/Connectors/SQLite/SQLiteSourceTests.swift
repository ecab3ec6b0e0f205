import Connectors
import Drivers
import Foundation
import Model
import TestSupport
import Testing

@Suite struct SQLiteSourceTests {
    let subject: SQLiteSubject

    init() throws {
        subject = try SQLiteSubject()
    }

    private func plan(_ scan: Scan, perRange: Int) throws -> [PlannedRange] {
        var ranges: [PlannedRange] = []
        try subject.source().plan(scan, recordsPerRange: perRange, range: KeyRange()) { ranges.append($0) }
        return ranges
    }

    private func message(_ settings: [String: String]) throws -> SluiceError? {
        #expect(throws: SluiceError.self) {
            try Registry.source(for: SQLiteSubject.resolved(settings)).check()
        }
    }

    @Test func `a missing file is unreachable and not made`() throws {
        let path = subject.directory.file("nothing.db")
        let error = try message(["path": path])
        #expect(error?.code == .unreachable)
        #expect(error?.message.contains("connection \"shop\", file \(path): no such file") == true)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `a directory, a text file and wrong settings are refused by name`() throws {
        let directory = try message(["path": subject.directory.path])
        #expect(directory?.message.contains("not a regular file") == true)
        let text = subject.directory.file("notes.txt")
        try String(repeating: "these are notes\n", count: 100).write(toFile: text, atomically: false, encoding: .utf8)
        let noDatabase = try message(["path": text])
        #expect(noDatabase?.code == .invalid)
        #expect(noDatabase?.message.contains("it is no SQLite database") == true)
        #expect(try message([:])?.message.contains("setting \"path\" must name an SQLite file") == true)
        #expect(try message(["path": ":memory:"])?.code == .invalid)
        #expect(
            try message(["path": subject.path, "mode": "ro"])?.message
                .contains("type sqlite has no setting \"mode\"; allowed: path") == true
        )
    }

    @Test func `a source that reads leaves the file as it is`() throws {
        try subject.execute("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2)")
        let before = try Data(contentsOf: URL(filePath: subject.path))
        _ = try plan(Scan(stream: "t", columns: ["id"], key: ["id"]), perRange: 1)
        _ = try subject.read("t", ["id"], key: ["id"])
        #expect(try Data(contentsOf: URL(filePath: subject.path)) == before)
    }

    @Test func `planning holds no lock while a range is handed on`() throws {
        try subject.execute("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)")
        subject.connection.setBusyTimeout(.zero)
        var ranges = 0
        let scan = Scan(stream: "t", columns: ["id"], key: ["id"])
        try subject.source().plan(scan, recordsPerRange: 1, range: KeyRange()) { _ in
            ranges += 1
            // Without WAL this fails while anybody reads.
            try subject.execute("UPDATE t SET id = id")
        }
        #expect(ranges == 3)
    }

    @Test func `a view is a stream without a key`() throws {
        try subject.execute(
            """
            CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'y');
            CREATE VIEW v AS SELECT id, upper(a) AS b FROM t;
            CREATE VIEW broken AS SELECT * FROM missing
            """
        )
        let found = try subject.source().discover(stream: nil)
        #expect(found.map(\.name) == ["t", "v"])
        #expect(found[1].primaryKey == [])
        #expect(try subject.read("v", ["b"], key: ["id"]) == [["X"], ["Y"]])
        #expect(try plan(Scan(stream: "v", columns: ["b"], key: ["id"]), perRange: 1).count == 2)
    }

    @Test func `keys of every storage class cut a column without a type`() throws {
        try subject.execute("CREATE TABLE t (k PRIMARY KEY, n INTEGER)")
        let keys = [
            "-5", "3", "2.5", "3.5", "9e999", "'3'", "''", "'it''s'", "'x''00'''", "CAST(x'ff41' AS TEXT)", "x''",
            "x'00'",
            "x'ff'", "'é'",
        ]
        for (place, key) in keys.enumerated() {
            try subject.execute("INSERT INTO t VALUES (\(key), \(place))")
        }
        let order = try subject.query("SELECT n FROM t ORDER BY k")
        for perRange in 1...4 {
            let scan = Scan(stream: "t", columns: ["n"], key: ["k"])
            let ranges = try plan(scan, perRange: perRange)
            let read = try ranges.flatMap { try subject.read("t", ["n"], key: ["k"], range: $0.range) }
            #expect(read.map { $0[0] ?? "" } == order)
        }
    }

    @Test func `a key column that compares without case is cut the way it compares`() throws {
        try subject.execute("CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY)")
        for key in ["b", "A", "C", "d", "E"] { try subject.execute("INSERT INTO t VALUES ('\(key)')") }
        let ranges = try plan(Scan(stream: "t", columns: ["k"], key: ["k"]), perRange: 2)
        let read = try ranges.map { try subject.read("t", ["k"], key: ["k"], range: $0.range).map { $0[0] } }
        #expect(read == [["A", "b"], ["C", "d"], ["E"]])
    }

    @Test func `a NULL in the key is refused, unless the filter leaves it out`() throws {
        try subject.execute("CREATE TABLE t (k TEXT PRIMARY KEY); INSERT INTO t VALUES ('a'), (NULL)")
        var scan = Scan(stream: "t", columns: ["k"], key: ["k"])
        let error = #expect(throws: SluiceError.self) { try plan(scan, perRange: 5) }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("the key (k) is NULL in some records") == true)
        scan.filter = .not(.isNull(column: "k"))
        #expect(try plan(scan, perRange: 5).map(\.records) == [1])
    }

    @Test func `a key that several records share is refused`() throws {
        try subject.execute(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT NOT NULL, b TEXT NOT NULL)"
        )
        try subject.execute("INSERT INTO t VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 2, 'x')")
        let error = #expect(throws: SluiceError.self) {
            try plan(Scan(stream: "t", columns: ["id"], key: ["a"]), perRange: 5)
        }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("the key (a) is not unique: several records have 1") == true)
        #expect(try plan(Scan(stream: "t", columns: ["id"], key: ["a", "b"]), perRange: 1).count == 3)
        #expect(try plan(Scan(stream: "t", columns: ["id"], key: ["a", "id"]), perRange: 1).count == 3)
    }

    @Test func `ranges are planned by the index and not by sorting`() throws {
        try subject.execute("CREATE TABLE t (a INT, b TEXT, c INT, PRIMARY KEY (a, b))")
        let plan = try subject.query(
            "EXPLAIN QUERY PLAN SELECT a, b FROM t WHERE (a, b) > (1, 'x') ORDER BY a, b LIMIT 10"
        )
        #expect(plan.count == 1)
        #expect(plan[0].contains("USING COVERING INDEX sqlite_autoindex_t_1 ((a,b)>(?,?))"))
    }

    @Test func `a write that was interrupted has to be undone by someone who may write`() throws {
        let copy = try subject.copyInMidWrite()
        let error = try message(["path": copy])
        #expect(error?.code == .unreachable)
        #expect(error?.message.contains("an interrupted write must be undone first") == true)
        let repaired = try SQLiteConnection(path: copy, access: .readWrite, busyTimeout: .zero)
        try repaired.execute("SELECT * FROM sqlite_schema")
        try Registry.source(for: SQLiteSubject.resolved(["path": copy])).check()
    }
}

extension SQLiteSubject {
    /// A table of 2,000 rows and, at the path returned, a copy of the file as a process killed while it changed them
    /// leaves it: some pages written, and the journal that undoes them. The marker table is there.
    func copyInMidWrite() throws -> String {
        try destination().openGate(
            installation: .make(milliseconds: 1_767_225_600_000),
            run: .make(milliseconds: 1_767_225_600_000)
        )
        try execute(
            """
            CREATE TABLE big (id INTEGER PRIMARY KEY, a TEXT);
            WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            INSERT INTO big SELECT i, printf('%0100d', i) FROM n;
            PRAGMA cache_size = 5; BEGIN IMMEDIATE; UPDATE big SET a = printf('%0100d', -id)
            """
        )
        defer {
            #expect(throws: Never.self) { try execute("ROLLBACK") }
        }
        let copy = directory.file("killed.db")
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        try FileManager.default.copyItem(atPath: "\(path)-journal", toPath: "\(copy)-journal")
        return copy
    }
}
