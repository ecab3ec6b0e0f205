import Connectors
import Model
import Testing

@Suite struct SQLiteTypeTests {
    let subject: SQLiteSubject

    init() throws {
        subject = try SQLiteSubject()
    }

    private func types(_ table: String = "t") throws -> [String: ValueType] {
        let columns = try subject.source().discover(stream: table)[0].columns
        return Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0.type) })
    }

    @Test(
        arguments: [
            ("INTEGER", ValueType.int64), ("bigint unsigned", .int64), ("TINYINT(1)", .int64), ("BOOLEAN", .bool),
            ("bool", .bool), ("REAL", .float64), ("DOUBLE PRECISION", .float64), ("float", .float64),
            ("NUMERIC", .numeric), ("DECIMAL(10,2)", .numeric), ("TEXT", .text), ("NVARCHAR(100)", .text),
            ("CLOB", .text), ("BLOB", .bytes), ("DATE", .text), ("DATETIME", .text), ("TIMESTAMP", .text),
            ("JSON", .json), ("JSON TEXT", .json), ("UUID", .text), ("", .text), ("\"my own\"", .text),
        ]
    )
    func `a declared type has a value type`(_ declared: String, _ type: ValueType) throws {
        try subject.execute("CREATE TABLE t (a \(declared))")
        #expect(try types() == ["a": type])
    }

    @Test(
        arguments: [
            ("INTEGER", "1", "1.5"), ("INTEGER", "1", "'x'"), ("INTEGER", "1", "x'00'"), ("REAL", "1", "'x'"),
            ("BOOLEAN", "1", "2"), ("BOOLEAN", "1", "'true'"), ("DECIMAL", "1.5", "'n/a'"), ("BLOB", "x'00'", "1"),
            ("JSON", "'{\"a\": 1}'", "'{a'"), ("JSON", "5", "x'00'"),
        ]
    )
    func `a column with one value outside its type is text`(
        _ declared: String,
        _ fitting: String,
        _ misfit: String
    ) throws {
        try subject.execute(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a \(declared)); INSERT INTO t VALUES (1, \(fitting))"
        )
        try subject.execute("INSERT INTO t VALUES (2, NULL)")
        let before = try types()["a"]
        #expect(before != .text)
        try subject.execute("INSERT INTO t VALUES (3, \(misfit))")
        #expect(try types() == ["id": .int64, "a": .text])
        let rows = try subject.read("t", ["a"], key: ["id"])
        #expect(rows.count == 3)
        #expect(rows[1] == [nil])
    }

    @Test func `values of a mixed column are text that says what they are`() throws {
        try subject.execute(
            """
            CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER);
            INSERT INTO t VALUES (1, 5), (2, 1.5), (3, 'x'), (4, x'00ff'), (5, NULL), (6, 1e300), (7, '')
            """
        )
        let rows = try subject.read("t", ["a"], key: ["id"])
        #expect(rows == [["5"], ["1.5"], ["x"], ["\\x00ff"], [nil], ["1e+300"], [""]])
    }

    @Test func `a decimal column is numeric, whole or not`() throws {
        try subject.execute(
            """
            CREATE TABLE t (id INTEGER PRIMARY KEY, a DECIMAL(20, 4));
            INSERT INTO t VALUES (1, 5), (2, '1.10'), (3, -0.001), (4, 9007199254740993), (5, 1e22), (6, 9e999)
            """
        )
        let rows = try subject.read("t", ["a"], key: ["id"])
        #expect(
            rows == [["5"], ["1.1"], ["-0.001"], ["9007199254740993"], ["10000000000000000000000"], ["Infinity"]]
        )
    }

    @Test func `a text in a blob column is its bytes`() throws {
        try subject.execute(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a BLOB); INSERT INTO t VALUES (1, x'00ff'), (2, 'é'), (3, '')"
        )
        #expect(try subject.read("t", ["a"], key: ["id"]) == [["\\x00ff"], ["\\xc3a9"], ["\\x"]])
    }

    @Test func `dates stay the text they are`() throws {
        try subject.execute(
            """
            CREATE TABLE t (id INTEGER PRIMARY KEY, a DATETIME);
            INSERT INTO t VALUES (1, '2024-02-29T23:59:60Z'), (2, 1709251199), (3, 2460370.5)
            """
        )
        let rows = try subject.read("t", ["a"], key: ["id"])
        #expect(rows == [["2024-02-29T23:59:60Z"], ["1709251199"], ["2460370.5"]])
    }

    @Test func `a strict table is what it declares`() throws {
        try subject.execute(
            """
            CREATE TABLE t (id INT PRIMARY KEY, a INTEGER, b REAL, c TEXT, d BLOB, e ANY) STRICT;
            INSERT INTO t VALUES (1, 2, 3, '4', x'05', 6), (2, NULL, NULL, NULL, NULL, '7')
            """
        )
        #expect(try types() == ["id": .int64, "a": .int64, "b": .float64, "c": .text, "d": .bytes, "e": .text])
        let rows = try subject.read("t", ["a", "b", "c", "d", "e"], key: ["id"])
        #expect(rows == [["2", "3", "4", "\\x05", "6"], [nil, nil, nil, nil, "7"]])
    }

    @Test func `a value that stops fitting after it was discovered is an error that says to look again`() throws {
        try subject.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT); INSERT INTO t VALUES (1, 1)")
        let source = try subject.source()
        #expect(try source.discover(stream: "t")[0].columns[1].type == .int64)
        try subject.execute("INSERT INTO t VALUES (2, 'late')")
        var batch = RowBatch(width: 1)
        let scan = Scan(stream: "t", columns: ["a"], key: ["id"])
        let error = #expect(throws: SluiceError.self) {
            try source.read(scan, range: KeyRange(), into: &batch)
        }
        #expect(error?.code == .conflict)
        #expect(error?.isRetriable == true)
        #expect(error?.message.contains("column \"a\" (INT) held only values of type int64") == true)
        #expect(try source.discover(stream: "t")[0].columns[1].type == .text)
    }

    @Test func `keys and defaults are described as they are`() throws {
        try subject.execute(
            """
            CREATE TABLE t (
                id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'x', b TEXT, c INT, d INT AS (c + 1),
                e INT AS (c) STORED,
                UNIQUE (b, a), UNIQUE (c)
            );
            CREATE UNIQUE INDEX partly ON t (a) WHERE b IS NOT NULL;
            CREATE UNIQUE INDEX expression ON t (lower(a));
            INSERT INTO t (a, c) VALUES ('some text', 7)
            """
        )
        let table = try subject.source().discover(stream: "t")[0]
        #expect(table.primaryKey == ["id"])
        #expect(Set(table.uniqueKeys) == [["b", "a"], ["c"]])
        #expect(table.columns.map(\.isNullable) == [false, false, true, true, true, true])
        #expect(table.columns.map(\.hasDefault) == [true, true, false, false, false, false])
        #expect(table.columns.map(\.isGenerated) == [false, false, false, false, true, true])
        #expect(table.estimatedRecords == 1)
        #expect(table.averageRecordBytes == 13)
    }
}
