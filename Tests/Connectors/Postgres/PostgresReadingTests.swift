import Connectors
import Model
import TestSupport
import Testing

@Suite struct PostgresReadingTests {
    /// Plans, reads every range, and gives the text of the first column of all records, in the order read.
    private func readAll(
        _ source: any Source,
        _ scan: Scan,
        size: Int,
        after: [String]? = nil
    ) throws -> (ids: [String], ranges: [PlannedRange]) {
        var ranges: [PlannedRange] = []
        try source.plan(scan, recordsPerRange: size, range: KeyRange(after: after)) { ranges.append($0) }
        var ids: [String] = []
        for planned in ranges {
            var batch = RowBatch(width: scan.columns.count)
            try source.read(scan, range: planned.range, into: &batch)
            #expect(batch.count == planned.records)
            #expect(batch.count <= size)
            ids += batch.texts(0).map { $0 ?? "∅" }
        }
        return (ids, ranges)
    }

    struct KeyCase: Sendable, CustomTestStringConvertible {
        var name: String
        var sql: String
        var key: [String]
        var testDescription: String { name }
    }

    static let keyCases = [
        KeyCase(
            name: "negative integers with gaps",
            sql:
                "CREATE TABLE t (mark text, k int8 PRIMARY KEY); INSERT INTO t SELECT g, g * 7 FROM generate_series(-500, 500) g",
            key: ["k"]
        ),
        KeyCase(
            name: "composite",
            sql: """
                CREATE TABLE t (mark text, a int, b text, PRIMARY KEY (a, b));
                INSERT INTO t SELECT g, g % 7, 'b' || g FROM generate_series(1, 1000) g
                """,
            key: ["a", "b"]
        ),
        KeyCase(
            name: "text in its own collation",
            sql: """
                CREATE TABLE t (mark text, k text COLLATE "en-x-icu" PRIMARY KEY);
                INSERT INTO t SELECT g, CASE g % 4 WHEN 0 THEN 'É' WHEN 1 THEN 'e''' WHEN 2 THEN 'E\\' ELSE '-' END || g
                FROM generate_series(1, 1000) g
                """,
            key: ["k"]
        ),
        KeyCase(
            name: "no index on the key",
            sql:
                "CREATE TABLE t (mark text, k numeric); INSERT INTO t SELECT g, g / 3.0 FROM generate_series(1, 1000) g",
            key: ["k"]
        ),
        KeyCase(
            name: "an enum, ordered as it is declared",
            sql: """
                CREATE TYPE size AS ENUM ('small', 'big', 'Huge');
                CREATE TABLE t (mark text, k size, n int, PRIMARY KEY (k, n));
                INSERT INTO t SELECT g, (ARRAY['small', 'big', 'Huge']::size[])[g % 3 + 1], g FROM generate_series(1, 1000) g
                """,
            key: ["k", "n"]
        ),
        KeyCase(
            name: "timestamps and padded text, named like our own words",
            sql: """
                CREATE TABLE t (mark text, n timestamptz, "row""s" char(8), PRIMARY KEY (n, "row""s"));
                INSERT INTO t SELECT g, '2024-01-01'::timestamptz + g * interval '1 microsecond', 'x' || g
                FROM generate_series(1, 1000) g
                """,
            key: ["n", "row\"s"]
        ),
    ]

    @Test(arguments: keyCases)
    func `plan and read cover every record exactly once, in the order of the key`(_ keys: KeyCase) throws {
        let bench = try PostgresBench(keys.sql)
        let source = try bench.source()
        _ = try source.openSnapshot(adopting: nil)
        let order = keys.key.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: ", ")
        let expected = try bench.server.rows("SELECT mark FROM t ORDER BY \(order)")
        let scan = Scan(stream: "t", columns: ["mark"] + keys.key, key: keys.key)
        for size in [1, 7, 100, 250, 5000] {
            let (ids, ranges) = try readAll(source, scan, size: size)
            #expect(ids == expected)
            #expect(ranges.first?.range.after == nil)
            #expect(ranges.last?.range.through == nil)
            #expect(ranges.count == (expected.count + size - 1) / size)
        }
        // Planning goes on behind a key that an earlier planning gave.
        let (_, ranges) = try readAll(source, scan, size: 100)
        let behind = try readAll(source, scan, size: 90, after: ranges[3].range.through)
        #expect(behind.ids == Array(expected.dropFirst(400)))
        #expect(behind.ranges.first?.range.after == ranges[3].range.through)
    }

    @Test func `a table without a key is read by places, each record once, by all who share the view`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (mark text, n int); INSERT INTO t SELECT g / 2, g / 2 FROM generate_series(1, 3000) g;
            DELETE FROM t WHERE n % 7 = 3; UPDATE t SET mark = mark || ' again' WHERE n % 5 = 0; CREATE INDEX ON t (n)
            """
        )
        let source = try bench.source()
        let view = try source.openSnapshot(adopting: nil)
        let other = try bench.source()
        _ = try other.openSnapshot(adopting: view)
        let found = try source.discover(stream: "t")
        #expect(found[0].hasPlaces && !found[0].isPositional)
        let filter = Filter.compare(column: "n", .greater, .integer(1000))
        let all = try bench.server.rows("SELECT mark FROM t").sorted()
        let some = try bench.server.rows("SELECT mark FROM t WHERE n > 1000").sorted()
        // What others do meanwhile is not seen: rows that move, go and come.
        try bench.server.run("UPDATE t SET mark = 'moved' WHERE n % 2 = 0; DELETE FROM t WHERE n % 3 = 0")
        try bench.server.run("VACUUM t")
        try bench.server.run("INSERT INTO t VALUES ('new', 5000)")
        for (scan, expected) in [
            (Scan(stream: "t", columns: ["mark"], key: []), all),
            (Scan(stream: "t", columns: ["mark"], key: [], filter: filter), some),
        ] {
            for size in [40, 1000, 5000] {
                var ranges: [PlannedRange] = []
                try source.plan(scan, recordsPerRange: size, range: KeyRange()) { ranges.append($0) }
                #expect(ranges.count == (expected.count + size - 1) / size)
                var read = RowBatch(width: 1)
                for planned in ranges {
                    let before = read.count
                    try other.read(scan, range: planned.range, into: &read)
                    #expect(read.count - before == planned.records)
                }
                #expect(read.texts(0).compactMap(\.self).sorted() == expected)
            }
            // A range is cut further, down to single records.
            let (_, ranges) = try readAll(source, scan, size: 100)
            var single: [Int] = []
            try other.plan(scan, recordsPerRange: 1, range: ranges[2].range) { single.append($0.records) }
            #expect(single == Array(repeating: 1, count: 100))
        }
    }

    @Test func `places of another view, or of a table that was written anew, are refused and never mixed`() throws {
        let bench = try PostgresBench("CREATE TABLE t (n int); INSERT INTO t SELECT generate_series(1, 100)")
        let scan = Scan(stream: "t", columns: ["n"], key: [])
        func planned(_ source: any Source) throws -> [KeyRange] {
            var ranges: [KeyRange] = []
            try source.plan(scan, recordsPerRange: 30, range: KeyRange()) { ranges.append($0.range) }
            return ranges
        }
        func read(_ source: any Source, _ range: KeyRange) throws -> Int {
            var batch = RowBatch(width: 1)
            try source.read(scan, range: range, into: &batch)
            return batch.count
        }
        func refused(_ source: any Source, _ range: KeyRange) {
            let error = #expect(throws: SluiceError.self) { try read(source, range) }
            #expect(error?.code == .conflict && error?.isRetriable == false)
            #expect(error?.message.contains("start the run again") == true)
            #expect(throws: SluiceError.self) { try source.plan(scan, recordsPerRange: 10, range: range) { _ in } }
        }
        // The planner goes, one that shares its view stays: nothing is lost.
        let planner = try bench.source()
        let heir = try bench.source()
        _ = try heir.openSnapshot(adopting: try planner.openSnapshot(adopting: nil))
        let ranges = try planned(planner)
        #expect(ranges.count == 4)
        planner.close()
        try bench.server.run("UPDATE t SET n = n WHERE n = 95")
        #expect(try ranges.map { try read(heir, $0) } == [30, 30, 30, 10])
        // The last one goes: in another view places are worth nothing, but the whole table needs none.
        heir.close()
        let later = try bench.source()
        let view = try later.openSnapshot(adopting: nil)
        for range in ranges { refused(later, range) }
        #expect(try read(later, KeyRange()) == 100)
        // The view stays, the rows go elsewhere: nobody who has touched the table holds it as it was.
        let idle = try bench.source()
        _ = try idle.openSnapshot(adopting: view)
        let again = try planned(later)
        later.close()
        try bench.server.run("VACUUM FULL t")
        for range in again { refused(idle, range) }
    }

    @Test func `places are those of one table: views, partitions and parents have none`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE base (n int); CREATE VIEW v AS SELECT * FROM base; CREATE TABLE parent (n int);
            CREATE TABLE child () INHERITS (parent); CREATE TABLE parts (n int) PARTITION BY LIST (n)
            """
        )
        let source = try bench.source()
        _ = try source.openSnapshot(adopting: nil)
        for table in ["v", "parent", "parts"] {
            #expect(try source.discover(stream: table).map(\.hasPlaces) == [false])
            let scan = Scan(stream: table, columns: ["n"], key: [])
            let error = #expect(throws: SluiceError.self) { try readAll(source, scan, size: 10) }
            #expect(error?.message.contains("needs key columns") == true)
        }
    }

    @Test func `the filter is pushed down, in plan and in read`() throws {
        let bench = try PostgresBench(
            """
            CREATE TABLE t (id int PRIMARY KEY, country text, note text);
            INSERT INTO t SELECT g, CASE WHEN g % 10 = 0 THEN 'F''R' END, 'n\\%' || g FROM generate_series(1, 1000) g
            """
        )
        let source = try bench.source()
        let filter = Filter.and(
            .compare(column: "country", .equal, .text("F'R")),
            .and(
                .like(column: "note", pattern: "n\\%"),
                .not(.isIn(column: "id", [.integer(10), .integer(20)]))
            )
        )
        let scan = Scan(stream: "public.t", columns: ["note"], key: ["id"], filter: filter)
        let (notes, ranges) = try readAll(source, scan, size: 30)
        #expect(notes.count == 98)
        #expect(notes.first == "n\\%30")
        #expect(ranges.map(\.records) == [30, 30, 30, 8])
    }

    @Test func `an empty table has no ranges`() throws {
        let bench = try PostgresBench("CREATE TABLE t (id int PRIMARY KEY)")
        let (ids, ranges) = try readAll(try bench.source(), Scan(stream: "t", columns: ["id"], key: ["id"]), size: 10)
        #expect(ids.isEmpty)
        #expect(ranges.isEmpty)
    }

    @Test func `what emit throws ends the planning, and the source goes on`() throws {
        let bench = try PostgresBench("CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 100)")
        let source = try bench.source()
        _ = try source.openSnapshot(adopting: nil)
        let scan = Scan(stream: "t", columns: ["id"], key: ["id"])
        struct Enough: Error {}
        #expect(throws: Enough.self) {
            try source.plan(scan, recordsPerRange: 10, range: KeyRange()) { _ in throw Enough() }
        }
        var count = 0
        try source.plan(scan, recordsPerRange: 10, range: KeyRange()) { count += $0.records }
        #expect(count == 100)
    }

    @Test func `two sources share one view, which outlives its first holder`() throws {
        let bench = try PostgresBench("CREATE TABLE t (id text PRIMARY KEY); INSERT INTO t VALUES ('1')")
        let scan = Scan(stream: "t", columns: ["id"], key: ["id"])
        let first = try bench.source()
        let token = try #require(try first.openSnapshot(adopting: nil))
        try bench.server.run("INSERT INTO t VALUES ('2')")
        let second = try bench.source()
        let secondToken = try #require(try second.openSnapshot(adopting: token))
        #expect(try readAll(second, scan, size: 10).ids == ["1"])
        first.close()
        let third = try bench.source()
        _ = try third.openSnapshot(adopting: secondToken)
        #expect(try readAll(third, scan, size: 10).ids == ["1"])
        let stranger = try bench.source()
        _ = try stranger.openSnapshot(adopting: nil)
        #expect(try readAll(stranger, scan, size: 10).ids == ["1", "2"])
    }

    @Test func `a view whose holder is gone is a conflict`() throws {
        let bench = try PostgresBench()
        let first = try bench.source()
        let token = try #require(try first.openSnapshot(adopting: nil))
        first.close()
        // The server notices the end of the session in its own time.
        while try bench.server.value(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sluice/source'"
                + " AND datname = current_database()"
        ) != "0" {}
        let error = #expect(throws: SluiceError.self) {
            _ = try bench.source().openSnapshot(adopting: token)
        }
        #expect(error?.code == .conflict)
    }

    @Test func `an error does not cost the view`() throws {
        let bench = try PostgresBench("CREATE TABLE t (id text PRIMARY KEY, n int); INSERT INTO t VALUES ('1', 0)")
        let source = try bench.source()
        _ = try source.openSnapshot(adopting: nil)
        let bad = Scan(
            stream: "t",
            columns: ["id"],
            key: ["id"],
            filter: .compare(column: "n", .equal, .text("no number"))
        )
        let error = #expect(throws: SluiceError.self) { _ = try readAll(source, bad, size: 10) }
        #expect(error?.code == .invalid)
        try bench.server.run("INSERT INTO t VALUES ('2', 0)")
        #expect(try readAll(source, Scan(stream: "t", columns: ["id"], key: ["id"]), size: 10).ids == ["1"])
    }

    @Test func `a key with NULLs is refused, since no range would hold them`() throws {
        let bench = try PostgresBench("CREATE TABLE t (id int UNIQUE); INSERT INTO t VALUES (1), (NULL), (NULL)")
        let source = try bench.source()
        let error = #expect(throws: SluiceError.self) {
            try source.plan(Scan(stream: "t", columns: ["id"], key: ["id"]), recordsPerRange: 5, range: KeyRange()) {
                _ in
            }
        }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("NULL in 2 records") == true)
    }
}
