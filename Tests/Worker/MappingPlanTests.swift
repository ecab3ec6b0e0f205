import Connectors
import Model
import Testing

@testable import Worker

struct MappingPlanTests {
    let kit = MappingKit(
        ["id int64!", "first text", "last text", "mail text", "age int32", "seen timestamp"],
        [
            "seen timestamp", "id int64!", "name text", "email text", "age int64", "added date default",
            "row int64 generated",
        ]
    )
    let map: [FieldMapping] = [
        .column("mail", to: "email"),
        FieldMapping(field: "name", origin: .template("{first} {last}")),
    ]

    @Test func `fields come in the order of the destination, columns in the order of the fields`() throws {
        let plan = try kit.plan(map, filter: "age > 17")
        #expect(plan.fields == ["seen", "id", "name", "email", "age"])
        #expect(plan.scan.columns == ["seen", "id", "first", "last", "mail", "age"])
        #expect(plan.keyFields == [1])
        #expect(plan.key == ["id"])
        #expect(plan.scan.key == ["id"])
        #expect(plan.scan.stream == "src.people")
        #expect(plan.table == "dst.people")
        #expect(plan.scan.filter == .compare(column: "age", .greater, .integer(17)))
    }

    @Test func `a key may have another name at the source`() throws {
        let kit = MappingKit(["no int32!", "part int32!", "x text"], ["id int64!", "sub int64!", "x text"])
        let plan = try kit.plan(
            [.column("no", to: "id"), .column("part", to: "sub")],
            key: ["sub", "id"]
        )
        #expect(plan.keyFields == [1, 0])
        #expect(plan.scan.key == ["part", "no"])
    }

    @Test func `a mapped field takes the place of a column of its name`() throws {
        let kit = MappingKit(["id int64!", "email text", "domain text"], ["id int64!", "email text"])
        let plan = try kit.plan([FieldMapping(field: "email", origin: .template("{domain}"))])
        #expect(plan.scan.columns == ["id", "domain"])
    }

    @Test func `dropped columns are not read`() throws {
        let plan = try kit.plan([.column("mail", to: "email")], drop: ["first", "last", "age", "seen"])
        #expect(plan.fields == ["id", "email"])
        #expect(plan.scan.columns == ["id", "mail"])
    }

    @Test func `a column that the destination lacks is an error that offers drop`() throws {
        try expect(
            .notFound,
            "source column \"mail\" passes by its name, but dst.people has only seen, id, name, email, age, added, row; "
                + "map it to one of them or add it to `drop`"
        ) { try kit.plan([FieldMapping(field: "name", origin: .template("{first} {last}"))]) }
    }

    @Test func `a column that was probably meant is offered`() throws {
        try expect(
            .notFound,
            "field \"age\" is made of column \"agee\", but the source has only id, first, last, mail, age, seen; "
                + "did you mean \"age\"?"
        ) { try kit.plan(map + [.column("agee", to: "age")]) }
        try expect(
            .notFound,
            "field \"e_mail\" is mapped, but dst.people has only seen, id, name, email, age, added, row; "
                + "did you mean \"email\"?"
        ) { try kit.plan(map + [.column("first", to: "e_mail")]) }
    }

    @Test func `a template of a column that may be NULL is warned of, unless it has a default`() throws {
        #expect(
            try kit.plan(map).warnings == [
                "stream \"src.people\": field \"name\" is a template, so it becomes NULL where \"first\" or \"last\" is NULL; "
                    + "set `default` if that is not meant"
            ]
        )
        var safe = map
        safe[1].fallback = .text("unknown")
        #expect(try kit.plan(safe).warnings == [])
        let strict = MappingKit(["id int64!", "first text!"], ["id int64!", "name text"])
        let greeting = FieldMapping(field: "name", origin: .template("Hi {first}"))
        #expect(try strict.plan([greeting]).warnings == [])
    }

    @Test func `what is missing on either side is named with what is there`() throws {
        try expect(
            .notFound,
            "field \"mobile\" is mapped, but dst.people has only seen, id, name, email, age, added, row"
        ) {
            try kit.plan(map + [.column("first", to: "mobile")])
        }
        try expect(
            .notFound,
            "field \"age\" is made of column \"years\", but the source has only id, first, last, mail, age, seen"
        ) { try kit.plan(map + [.column("years", to: "age")]) }
        try expect(
            .notFound,
            "field \"age\" is made of column \"x\", but the source has only id, first, last, mail, age, seen"
        ) { try kit.plan(map + [FieldMapping(field: "age", origin: .template("1{x}"))]) }
        try expect(
            .notFound,
            "column \"phone\" is to be dropped, but the source has only id, first, last, mail, age, seen"
        ) { try kit.plan(map, drop: ["phone"]) }
        try expect(
            .notFound,
            "the filter names column \"yaers\", but the source has only id, first, last, mail, age, seen"
        ) { try kit.plan(map, filter: "yaers > 3") }
    }

    @Test func `a key that makes no sense is refused`() throws {
        try expect(.invalid, "write mode upsert needs a key; set `key` to the fields that identify a record") {
            try kit.plan(map, key: [])
        }
        try expect(.invalid, "key \"added\" is none of the fields, which are seen, id, name, email, age") {
            try kit.plan(map, key: ["added"])
        }
        try expect(
            .invalid,
            "key \"age\" is none of the fields, which are seen, id, name, email "
                + "(source column \"age\" is in `drop`)"
        ) { try kit.plan(map, drop: ["age"], key: ["age"]) }
        try expect(.invalid, "key \"id\" is named twice") { try kit.plan(map, key: ["id", "id"]) }
        try expect(.invalid, "two fields of the key are made of the same column \"age\"") {
            try kit.plan(
                map + [.column("age", to: "id"), .column("age", to: "age")],
                drop: ["id"],
                key: ["id", "age"]
            )
        }
    }

    @Test(arguments: [
        FieldMapping(field: "email", origin: .template("{mail}")),
        FieldMapping(field: "email", origin: .constant(.text("x"))),
        .column("mail", to: "email", trim: true),
        .column("mail", to: "email", .lower),
        .column("mail", to: "email", fallback: .text("")),
        .column("mail", to: "email", cast: .text),
    ])
    func `a computed key is read by the source's own, and may come up in several batches`(mapping: FieldMapping) throws
    {
        let drop = ["first", "last", "mail"]
        let plan = try kit.plan([mapping], drop: drop, key: ["email"])
        #expect(plan.scan.key == ["id"])
        #expect(plan.isKeyRepeatable)
        var kit = kit
        kit.source.primaryKey = []
        try expect(
            .unsupported,
            "key \"email\" is computed, and the source has no key of its own to read the records in ranges of; "
                + "make the key of source columns as they are (another name is fine)"
        ) { try kit.plan([mapping], drop: drop, key: ["email"]) }
    }

    @Test func `a key is repeatable only where no key of the source rules it out and its own orders the ranges`() throws
    {
        var kit = MappingKit(["a int64!", "b int64!", "c text"], ["a int64", "b int64", "c text"])
        func plan(_ key: [String]) throws -> [String] {
            let plan = try kit.plan(key: key)
            return plan.scan.key + (plan.isKeyRepeatable ? ["repeatable"] : [])
        }
        #expect(try plan(["a"]) == ["a"])
        #expect(try plan(["c", "a"]) == ["c", "a"])
        #expect(try plan(["b"]) == ["a", "repeatable"])
        kit.source.uniqueKeys = [["c"]]
        #expect(try plan(["c"]) == ["c"], "NULLs are refused by the source")
        kit.source.primaryKey = []
        #expect(try plan(["b"]) == ["b"], "equal keys are in one range")
        kit.source.isPositional = true
        #expect(try plan(["b"]) == ["repeatable"])
    }

    @Test func `generated and unfilled columns of the destination are named`() throws {
        try expect(.invalid, "field \"row\" is mapped, but the destination generates its values itself") {
            try kit.plan(map + [.column("age", to: "row")])
        }
        try expect(
            .invalid,
            "source column \"id\" passes by its name, but the destination generates the values of that column itself; "
                + "map it to another field or add it to `drop`"
        ) { try MappingKit(["id int64!"], ["id int64! generated"]).plan() }
        try expect(
            .invalid,
            "nothing fills column \"kind\" of the destination, which is NOT NULL and has no default; "
                + "map a column, a template or a constant to it"
        ) { try MappingKit(["id int64!"], ["id int64!", "kind text!"]).plan() }
        try expect(
            .invalid,
            "nothing fills column \"id\" of the destination, which is NOT NULL and has no default; "
                + "map a column, a template or a constant to it "
                + "(source column \"id\" is used by the mapping, so it does not pass by its name as well)"
        ) { try MappingKit(["id int64!"], ["id int64!", "no int64"]).plan([.column("id", to: "no")]) }
    }

    @Test func `types that cannot become each other are found before anything is read`() throws {
        let kit = MappingKit(["id int64!", "at interval"], ["id int64!", "at int64"])
        try expect(
            .unsupported,
            "field \"at\": column \"at\" is an interval, which cannot become an int64; "
                + "choose a column that fits, or drop the column",
            separator: ", "
        ) { try kit.plan() }
        try expect(
            .unsupported,
            "field \"at\": column \"at\" is a timestamp, which becomes a timestamptz only if asked to; "
                + "set `cast: timestamp` (see Protocols/types.md), choose a column that fits, or drop the column",
            separator: ", "
        ) { try MappingKit(["id int64!", "at timestamp"], ["id int64!", "at timestamptz"]).plan() }
        try expect(
            .unsupported,
            "field \"at\": column \"at\" is an interval, which cannot become a bool; choose another cast, or drop the column",
            separator: ", "
        ) { try kit.plan([.column("at", to: "at", cast: .boolean)]) }
    }

    @Test func `constants are checked before anything is read`() throws {
        let kit = MappingKit(["id int64!"], ["id int64!", "age int32!"], lengths: [:])
        func constant(_ constant: Constant) -> [FieldMapping] {
            [FieldMapping(field: "age", origin: .constant(constant))]
        }
        try expect(
            .invalid,
            "field \"age\": the constant \"old\" is not an int32: \"o\" at character 1, a digit is expected",
            separator: ", "
        ) { try kit.plan(constant(.text("old"))) }
        try expect(
            .invalid,
            "field \"age\": the default \"1.5\" is not an int32: it has a fraction",
            separator: ", "
        ) {
            try MappingKit(["id int64!", "age int16"], ["id int64!", "age int32!"])
                .plan([.column("age", to: "age", fallback: .real(1.5))])
        }
        try expect(
            .invalid,
            "field \"age\": the constant cannot be written: NULL, but the field is NOT NULL",
            separator: ", "
        ) { try kit.mapping(try kit.plan(constant(.null))) }
    }

    @Test(arguments: [
        ("{first", "the { at character 1 is not closed; a brace is {{"),
        ("a {} b", "a column name is expected after the { at character 3"),
        ("a } b", "the } at character 3 closes nothing; a brace is }}"),
    ])
    func `a template that is wrong names the place`(template: String, message: String) throws {
        try expect(.invalid, "field \"name\": template \"\(template)\": \(message)") {
            try kit.plan([FieldMapping(field: "name", origin: .template(template))])
        }
    }

    @Test func `a filter that is wrong names the stream`() throws {
        try expect(
            .invalid,
            "filter, character 6: found the end, allowed: a number, a text in single quotes, true or false"
        ) {
            try kit.plan(map, filter: "age >")
        }
    }

    private func expect(
        _ code: ErrorCode,
        _ message: String,
        separator: String = ": ",
        location: SourceLocation = #_sourceLocation,
        _ body: () throws -> Any
    ) throws {
        let error = #expect(throws: SluiceError.self, sourceLocation: location) { _ = try body() }
        #expect(error?.code == code, sourceLocation: location)
        #expect(error?.message == "stream \"src.people\"" + separator + message, sourceLocation: location)
    }
}
