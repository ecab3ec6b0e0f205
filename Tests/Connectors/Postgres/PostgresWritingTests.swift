import Connectors
import Model
import TestSupport
import Testing

@Suite struct PostgresWritingTests {
    private static let table = """
        CREATE TABLE t (id int8 PRIMARY KEY, name text, score numeric(10,2));
        INSERT INTO t VALUES (1, 'same', 1.50), (2, 'old', 2.00), (3, 'untouched', 3);
        """

    @Test func `a batch is split into inserts, updates and unchanged rows, with before-images`() throws {
        let bench = try PostgresBench(Self.table)
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: ["id", "name", "score"], key: ["id"])
        #expect(target.fields.map(\.type) == [.int64, .text, .numeric])
        let rows = try bench.batch(
            """
            SELECT * FROM (VALUES (1::int8, 'same', 1.50::numeric), (2, 'new', 2.00), (4, 'fresh', null)) v
            """
        )
        let staged = try bench.write(writer, target, rows)
        #expect(staged.plans == [.unchanged, .update, .insert])
        #expect(staged.before.count == 1)
        #expect(staged.before.texts(1) == ["old"])
        #expect(staged.after == nil)
        #expect(UInt64(staged.transaction) != nil)
        #expect(
            try bench.server.rows("SELECT * FROM t ORDER BY id")
                == ["1|same|1.50", "2|new|2.00", "3|untouched|3.00", "4|fresh|∅"]
        )
        #expect(try bench.server.value("SELECT count(*) FROM sluice.marker") == "1")
        #expect(
            try bench.server.value("SELECT transaction::text FROM sluice.marker") == staged.transaction
        )
    }

    @Test func `a wholly unchanged batch leaves the table as it was`() throws {
        let bench = try PostgresBench(Self.table)
        let writer = try bench.writer()
        let target = try writer.resolve(table: "t", fields: ["id", "name", "score"], key: ["id"])
        let before = try bench.server.rows("SELECT ctid, xmin, * FROM t")
        let staged = try bench.write(writer, target, bench.batch("SELECT * FROM t ORDER BY id"))
        #expect(staged.plans == [.unchanged, .unchanged, .unchanged])
        #expect(try bench.server.rows("SELECT ctid, xmin, * FROM t") == before)
    }
}
