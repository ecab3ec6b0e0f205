import Connectors
import Model
import Testing

@testable import Worker

struct MappingTests {
    @Test func `a mapping of names only copies nothing`() throws {
        let kit = MappingKit(["id int64!", "mail text", "age int32"], ["age int32", "email text", "no int64!"])
        let plan = try kit.plan([.column("mail", to: "email"), .column("id", to: "no")], key: ["no"])
        let rows = try kit.rows(plan, [["30", "a@x", "1"], [nil, nil, "2"]])
        let mapped = try kit.mapping(plan).apply(rows)
        #expect(mapped.rejections.isEmpty)
        #expect(kit.texts(plan, mapped.rows) == [["30", "a@x", "1"], [nil, nil, "2"]])
        let isShared = rows.bytes.withUnsafeBytes { before in
            mapped.rows.bytes.withUnsafeBytes { $0.baseAddress == before.baseAddress }
        }
        #expect(isShared)
    }

    @Test func `fields that pass share their bytes with the source's batch beside computed ones`() throws {
        let kit = MappingKit(["id int64!", "name text"], ["id int64!", "name text", "copy text", "loud text"])
        let plan = try kit.plan([.column("name", to: "copy"), .column("name", to: "loud", .upper)], drop: ["name"])
        let rows = try kit.rows(plan, [["1", "ann"], ["2", "BOB"]])
        let mapped = try kit.mapping(plan).apply(rows).rows
        #expect(kit.texts(plan, mapped) == [["1", "ann", "ANN"], ["2", "BOB", "BOB"]])
        #expect(mapped.bytes.count == rows.bytes.count + 3, "only ANN is new")
    }

    @Test func `a template joins text and columns, and is NULL where one is`() throws {
        let kit = MappingKit(
            ["id int64!", "no int16", "ok bool", "at timestamptz", "amount numeric"],
            ["id int64!", "label text"]
        )
        let plan = try kit.plan(
            [FieldMapping(field: "label", origin: .template("{{{no}}}: {ok} {at} {amount} ä"))],
            drop: ["ok"]
        )
        #expect(
            try kit.texts(
                plan,
                [["1", "-5", "t", "2024-02-29 12:00:00+00", "1.50"], ["2", "0", "f", nil, "0"]]
            ) == [["1", "{-5}: true 2024-02-29 12:00:00+00 1.50 ä"], ["2", nil]]
        )
    }

    @Test func `trim, case, default and cast apply in this order`() throws {
        let kit = MappingKit(
            ["id int64!", "a text", "b text", "c text"],
            ["id int64!", "a text", "b int32", "c date"]
        )
        let plan = try kit.plan([
            .column("a", to: "a", trim: true, .lower, fallback: .text(" None ")),
            .column("b", to: "b", trim: true, fallback: .text("7"), cast: .integer),
            .column("c", to: "c", fallback: .text("1970-01-01"), cast: .timestamp),
        ])
        let mapped = try kit.apply(
            plan,
            [
                ["1", "\t ÄBC d \n", " 12 ", "2024-01-01"],
                ["2", nil, nil, nil],
                ["3", "   ", "x", "2024-01-01 10:00:00"],
            ]
        )
        #expect(
            kit.texts(plan, mapped.rows) == [
                ["1", "äbc d", "12", "2024-01-01"],
                ["2", " None ", "7", "1970-01-01"],
                ["3", "", nil, nil],
            ]
        )
        #expect(
            mapped.rejections == [
                2: Rejection(
                    code: "invalid_value",
                    field: "b",
                    reason: "\"x\" is not an int32: \"x\" at character 1, a digit is expected"
                )
            ]
        )
    }

    @Test(arguments: [
        ("straße", LetterCase.upper, "STRASSE"), ("İ", .lower, "i̇"), ("abc-1", .upper, "ABC-1"),
        ("@[`{", .lower, "@[`{"), ("@[`{", .upper, "@[`{"), ("", .upper, ""),
    ])
    func `letters change their case in every script`(text: String, letterCase: LetterCase, result: String) throws {
        let kit = MappingKit(["id int64!", "a text"], ["id int64!", "a text"])
        let plan = try kit.plan([.column("a", to: "a", letterCase)])
        #expect(try kit.texts(plan, [["1", text]]) == [["1", result]])
    }

    @Test func `constants are in the destination's type`() throws {
        let kit = MappingKit(
            ["id int64!"],
            ["id int64!", "a text", "b numeric", "c bool", "d timestamptz", "e int16", "f float64"]
        )
        let plan = try kit.plan([
            FieldMapping(field: "a", origin: .constant(.integer(5))),
            FieldMapping(field: "b", origin: .constant(.real(0.1))),
            FieldMapping(field: "c", origin: .constant(.bool(true))),
            FieldMapping(field: "d", origin: .constant(.text("2024-01-01"))),
            FieldMapping(field: "e", origin: .constant(.null)),
            FieldMapping(field: "f", origin: .constant(.text(" 1e3 ")), trim: true),
        ])
        let row = ["5", "0.1", "t", "2024-01-01 00:00:00+00", nil, "1000"]
        #expect(try kit.texts(plan, [["1"], ["2"]]) == [["1"] + row, ["2"] + row])
    }

    @Test func `a value that does not fit rejects its record and nothing else`() throws {
        let kit = MappingKit(
            ["id int64!", "age int64", "name text", "code text"],
            ["id int64!", "age int16", "name text!", "code text"],
            lengths: ["code": 3]
        )
        let plan = try kit.plan()
        let mapped = try kit.apply(
            plan,
            [
                ["1", "30", "a", "äöü"],
                ["2", "70000", "b", "abc"],
                ["3", "1", nil, "abc"],
                ["4", "1", "d", "äöüß"],
                ["5", "-70000", nil, "abcd"],
                ["6", nil, "f", nil],
            ]
        )
        #expect(
            kit.texts(plan, mapped.rows) == [
                ["1", "30", "a", "äöü"],
                ["2", nil, "b", "abc"],
                ["3", "1", nil, "abc"],
                ["4", "1", "d", "äöüß"],
                ["5", nil, nil, "abcd"],
                ["6", nil, "f", nil],
            ]
        )
        let range = "out of range (-32768 to 32767)"
        #expect(
            mapped.rejections == [
                1: Rejection(code: "invalid_value", field: "age", reason: "\"70000\" is not an int16: \(range)"),
                2: Rejection(code: "not_null", field: "name", reason: "NULL, but the field is NOT NULL"),
                3: Rejection(code: "too_long", field: "code", reason: "4 characters, at most 3 fit"),
                4: Rejection(code: "invalid_value", field: "age", reason: "\"-70000\" is not an int16: \(range)"),
            ]
        )
    }

    @Test func `the first record with a key wins and the others are rejected`() throws {
        let kit = MappingKit(["id numeric", "part text", "x text"], ["id numeric", "part text", "x text"])
        let plan = try kit.plan(key: ["part", "id"])
        let mapped = try kit.apply(
            plan,
            [
                ["1.0", "a", "first"], ["1", "b", "other part"], ["1.00", "a", "same number"],
                [nil, "a", "no key"], ["1", "a", "again"], [nil, "a", "no key either"],
            ]
        )
        func repeated(_ key: String) -> Rejection {
            Rejection(
                code: "duplicate_key",
                field: "",
                reason: "the key \(key) is that of record 1 of its batch already"
            )
        }
        let missing = Rejection(code: "not_null", field: "id", reason: "NULL, but the field is part of the key")
        #expect(
            mapped.rejections == [2: repeated("a,1.00"), 3: missing, 4: repeated("a,1"), 5: missing]
        )
        #expect(mapped.rows.count == 6)
    }

    @Test func `thousands of keys are told apart`() throws {
        let kit = MappingKit(["id int64!"], ["id int64!"])
        let plan = try kit.plan()
        let mapped = try kit.apply(plan, (0..<5_000).map { ["\($0 % 4_999)"] })
        #expect(mapped.rejections.keys.sorted() == [4_999])
    }

    @Test func `an empty batch maps to an empty batch`() throws {
        let kit = MappingKit(["id int64!", "a text"], ["id int64!", "a text"])
        let mapped = try kit.apply(try kit.plan([.column("a", to: "a", .upper)]), [])
        #expect(mapped.rows.count == 0)
        #expect(mapped.rejections.isEmpty)
    }
}
