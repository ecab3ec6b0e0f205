import Connectors
import Model
import Testing

@testable import Worker

/// Streams without order and targets without columns: files.
struct MappingFilesTests {
    private func kit(_ source: [String], _ destination: [String]) -> MappingKit {
        var kit = MappingKit(source, destination)
        kit.source.primaryKey = []
        kit.source.isPositional = true
        return kit
    }

    @Test func `the key of a file's records may be computed, and the scan has none`() throws {
        let plan = try kit(["a text", "b text"], ["id text!", "n int64"]).plan([
            FieldMapping(field: "id", origin: .template("{a}-{b}")), .column("b", to: "n", cast: .integer),
        ])
        #expect(plan.scan.key == [])
        #expect(plan.key == ["id"])
    }

    @Test func `a batch of a file is put into the order of its key, each row with its line and its rejection`() throws {
        let kit = kit(["id text", "v text"], ["id int64!", "v text"])
        let plan = try kit.plan()
        var rows = RowBatch(width: 2)
        let records: [(String?, String)] = [
            ("30", "a"), ("-4", "b"), (nil, "c"), ("x", "d"), ("30", "e"), ("200", "f"),
        ]
        for (line, record) in records.enumerated() {
            if let id = record.0 { rows.append(id.utf8) } else { rows.appendNull() }
            rows.append(record.1.utf8)
            let rejection = record.0 == nil ? Rejection(code: "malformed", field: "", reason: "as the test says") : nil
            rows.endRow(line: line + 2, rejection: rejection)
        }
        let mapped = try kit.mapping(plan).apply(rows)
        let texts = kit.texts(plan, mapped.rows).map { $0[1] ?? "" }
        #expect(texts == ["b", "a", "e", "f", "c", "d"])
        #expect(mapped.lines == [3, 2, 6, 7, 4, 5])
        #expect(mapped.rejections.mapValues(\.code) == [2: "duplicate_key", 4: "malformed", 5: "invalid_value"])
        #expect(mapped.rejections[2]?.reason == "the key 30 is that of line 2 already")
    }

    @Test func `a target without columns has the fields that pass and those that are mapped, in their types`() throws {
        let source = MappingKit.table("s", ["id int64!", "name text", "score float64", "note text", "on date"])
        let stream = StreamSpec(
            stream: "s",
            destination: "d",
            writeMode: .append,
            key: [],
            map: [
                .column("name", to: "title", trim: true), .column("score", to: "points", cast: .integer),
                FieldMapping(field: "origin", origin: .constant(.bool(true))),
            ],
            drop: ["note"]
        )
        let table = OpenTable.describe(stream, source)
        let expected = ["id int64", "on date", "title text", "points int64", "origin bool"]
        #expect(table.columns.map { "\($0.name) \($0.type)" } == expected)
        let plan = try Mapping.plan(stream: stream, source: source, destination: table)
        #expect(plan.scan.key == ["id"], "the source's key orders the scan")
        #expect(plan.key == ["id"], "and names the records")
    }

    @Test func `in an append a key may be there twice, or NULL`() throws {
        let fields = [TargetField(name: "id", type: .text, isNullable: true)]
        let target = Target(table: "d", fields: fields, key: [0], mode: .append)
        let stream = StreamSpec(stream: "s", destination: "d", writeMode: .append, key: ["id"])
        var source = MappingKit.table("s", ["id text"])
        source.primaryKey = []
        source.isPositional = true
        let plan = try Mapping.plan(stream: stream, source: source, destination: OpenTable.describe(stream, source))
        var rows = RowBatch(width: 1)
        for value in ["a", "a", nil] {
            if let value { rows.append(value.utf8) } else { rows.appendNull() }
            rows.endRow()
        }
        #expect(try Mapping(plan, target: target).apply(rows).rejections == [:])
    }

    @Test func `an append from a source without a key asks for one`() throws {
        var source = MappingKit.table("s", ["id text"])
        source.primaryKey = []
        let stream = StreamSpec(stream: "s", destination: "d", writeMode: .append, key: [])
        let error = #expect(throws: SluiceError.self) {
            _ = try Mapping.plan(stream: stream, source: source, destination: OpenTable.describe(stream, source))
        }
        #expect(error?.message.contains("set `key`") == true)
    }

    @Test func `an append goes by the source's key, and only without one by places`() throws {
        var source = MappingKit.table("s", ["id text", "n int64!"])
        source.hasPlaces = true
        source.primaryKey = []
        func plan(_ mode: WriteMode) throws -> MappingPlan {
            let stream = StreamSpec(stream: "s", destination: "d", writeMode: mode, key: [])
            return try Mapping.plan(stream: stream, source: source, destination: OpenTable.describe(stream, source))
        }
        #expect(try plan(.append).scan.key == [])
        #expect(try plan(.append).key == [])
        #expect(throws: SluiceError.self) { try plan(.upsert) }
        // A key that may be NULL is none of all records.
        source.uniqueKeys = [["id"]]
        #expect(try plan(.append).scan.key == [])
        source.uniqueKeys = [["id"], ["n"]]
        #expect(try plan(.append).scan.key == ["n"])
    }
}
