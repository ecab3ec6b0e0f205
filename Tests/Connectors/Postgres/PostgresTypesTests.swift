import Connectors
import Model
import TestSupport
import Testing

@Suite struct PostgresTypesTests {
    private static let columns = """
        id int8 PRIMARY KEY, b bool, i2 int2, i4 int4, f4 float4, f8 float8, n numeric, n2 numeric(12,4), t text,
        v varchar(20), c char(6), y bytea, d date, tm time, ts timestamp, ts3 timestamp(3), tz timestamptz,
        iv interval, u uuid, j json, jb jsonb, ip inet, arr int[], tarr text[], tmz timetz, r tstzrange, m money,
        mood mood, pos positive, p point, bits bit(5), fa float8[], x xml
        """
    private static let types = """
        CREATE TYPE mood AS ENUM ('sad', 'odd "one"');
        CREATE DOMAIN positive AS int CHECK (VALUE > 0);
        """
    private static let values = """
        INSERT INTO a VALUES
        (1, true, -32768, -2147483648, 'NaN', '-Infinity', 'NaN', 12345678.1234, 'grüße 🙂', 'v', 'c', '\\x00ff', '-infinity',
         '23:59:59.999999', 'infinity', '1999-12-31 23:59:59.999', '2024-02-29 12:00:00.000001+05', '-1 mons 3 days 04:05:06.7',
         '00000000-0000-0000-0000-00000000ffff', '{"b" : 1,  "a":2}', '{"b":1,"a":[1,null]}', '10.0.0.1/8', '{1,NULL,3}',
         '{"a,b","\\"q\\"",NULL}', '12:00:00+05:30', '[2024-01-01 00:00:00+00,)', '12.34', 'sad', 7, '(1.5,-2)', B'10101',
         '{0.1,1e300}', '<a>1</a>'),
        (-2, false, 32767, 2147483647, 1e-45, 1e308, 123456789012345678901234567890.000100, -0.5, '', '', '', '', '0044-03-15 BC',
         '00:00', '0001-01-01 00:00:00 BC', '2024-01-01', 'infinity', '178000000 years', 'ffffffff-ffff-ffff-ffff-ffffffffffff',
         'null', 'null', '::1', '{}', '{}', '00:00:00-12', 'empty', '-1', 'odd "one"', 1, '(0,0)', B'00000', '{}', ''),
        (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
         null, null, null, null, null, null, null, null, null, null, null, null)
        """

    @Test func `every type comes through from table to table, byte for byte`() throws {
        let bench = try PostgresBench(
            "\(Self.types) CREATE TABLE a (\(Self.columns)); CREATE TABLE b (LIKE a INCLUDING ALL); \(Self.values)"
        )
        let source = try bench.source()
        let description = try #require(try source.discover(stream: "a").first)
        let names = description.columns.map(\.name)
        let scan = Scan(stream: "a", columns: names, key: ["id"])
        var rows = RowBatch(width: names.count)
        try source.read(scan, range: KeyRange(), into: &rows)
        #expect(rows.count == 3)

        let writer = try bench.writer()
        let target = try writer.resolve(table: "b", fields: names, key: ["id"])
        #expect(target.fields.map(\.type) == description.columns.map(\.type))
        let staged = try bench.write(writer, target, rows)
        #expect(staged.plans == [.insert, .insert, .insert])
        // What the server made of it is what was handed over, bit for bit.
        let after = try #require(staged.after)
        for (name, (sent, stored)) in zip(names, zip(Self.columnBytes(rows), Self.columnBytes(after))) {
            #expect(sent == stored, "\(name)")
        }
        let whole = "SELECT whole::text FROM %TABLE AS whole ORDER BY id"
        #expect(
            try bench.server.rows(whole.replacing("%TABLE", with: "b"))
                == bench.server.rows(whole.replacing("%TABLE", with: "a"))
        )

        // And a second time nothing is left to do.
        let again = try bench.write(writer, target, rows)
        #expect(again.plans == [.unchanged, .unchanged, .unchanged])
    }

    private static func columnBytes(_ batch: RowBatch) -> [[[UInt8]?]] {
        (0..<batch.width).map { column in (0..<batch.count).map { batch.field(row: $0, column: column) } }
    }

    @Test func `discover names types, keys, defaults and generated columns`() throws {
        let bench = try PostgresBench(
            """
            CREATE SCHEMA other;
            CREATE TABLE other.things (
                code varchar(20) NOT NULL, part int NOT NULL, note text DEFAULT 'x', total numeric(10,2),
                serial int GENERATED ALWAYS AS IDENTITY, twice int GENERATED ALWAYS AS (part * 2) STORED, tags text[],
                gone int, PRIMARY KEY (part, code), UNIQUE (note, total));
            ALTER TABLE other.things DROP COLUMN gone;
            INSERT INTO other.things (code, part) SELECT 'c' || g, g FROM generate_series(1, 1000) g;
            ANALYZE other.things;
            CREATE TABLE plain (id int PRIMARY KEY);
            """
        )
        let source = try bench.source()
        let all = try source.discover(stream: nil)
        #expect(all.map(\.name) == ["other.things", "plain"])
        let things = try #require(try source.discover(stream: "other.things").first)
        #expect(things.name == "other.things")
        #expect(things.primaryKey == ["part", "code"])
        #expect(things.uniqueKeys == [["note", "total"]])
        #expect(things.estimatedRecords == 1000)
        #expect((things.averageRecordBytes ?? 0) > 8)
        #expect(
            things.columns.map(\.type)
                == [.text, .int32, .text, .numeric, .int32, .int32, .foreign("text[]")]
        )
        #expect(things.columns.map(\.nativeType)[0] == "character varying(20)")
        #expect(things.columns.map(\.isNullable) == [false, false, true, true, false, true, true])
        #expect(things.columns.filter(\.hasDefault).map(\.name).contains("note"))
        #expect(things.columns.filter(\.isGenerated).map(\.name) == ["twice"])
    }
}
