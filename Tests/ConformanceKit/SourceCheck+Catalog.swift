import Connectors
import Model

extension SourceCheck {
    static func checkValues(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        let reals: [Double] = [
            0, 1, -1.5, 0.1, 1e-300, 1.7976931348623157e308, .leastNonzeroMagnitude, .infinity, -.infinity,
        ]
        let texts = [
            "", "a", "'\"\\", "é日本🛶", "  spaces  ", String(repeating: "long ", count: 5_000), "line\r\nbreak\t",
        ]
        let integers: [Int64] = [0, 1, -1, 255, 65_536, .max, .min]
        var rows = reals.enumerated().map { place, real -> SampleRow in
            [.integer(Int64(place)), .null, .real(real), .null, .null]
        }
        rows += texts.enumerated().map { [.integer(100 + Int64($0)), .text($1), .null, .null, .null] }
        rows += integers.enumerated().map { [.integer(200 + Int64($0)), .null, .null, .null, .integer($1)] }
        rows += [
            [.integer(300), .null, .null, .bool(true), .null], [.integer(301), .null, .null, .bool(false), .null],
        ]
        rows += [Int64.min, -1, .max].map { [.integer($0), .text("key"), .real(1), .bool(true), .integer(1)] }
        try subject.insert(table, rows)
        let source = try subject.makeSource()
        defer { source.close() }
        try requireEqual(
            try read(source, scan(subject, stream, table), KeyRange()),
            try subject.rows(table),
            "values read"
        )

        var some = scan(subject, stream, table)
        some.columns = ["visits", "id", "email"]
        let expected = try subject.rows(table).map { [$0[4], $0[0], $0[1]] }
        try requireEqual(try read(source, some, KeyRange()), expected, "three columns in another order")
    }

    static func checkDescription(_ subject: ConformanceSubject) throws {
        let table = SampleTable.guarded()
        let stream = try subject.makeTable(table)
        let source = try subject.makeSource()
        defer { source.close() }
        let found = try source.discover(stream: stream)
        try requireEqual(found.map(\.name), [stream], "the streams found by name")
        try requireEqual(found[0].columns.map(\.name), table.columns.map(\.name), "columns of \(stream)")
        try requireEqual(found[0].isPositional, subject.isPositional, "\(stream) is read by the places of its records")
        let key = subject.isPositional ? [] : table.key
        try requireEqual(found[0].primaryKey, key, "the primary key of \(stream)")
        let unique = subject.isPositional ? [] : table.unique
        try requireEqual(found[0].uniqueKeys, unique, "other unique keys of \(stream)")
        for (column, asked) in zip(found[0].columns, table.columns) {
            try requireEqual(column.type, asked.kind.type, "the type of \(column.name)")
            let isNullable = asked.isNullable || subject.isPositional
            try requireEqual(column.isNullable, isNullable, "\(column.name) takes NULL")
            try requireEqual(column.isGenerated, false, "\(column.name) is generated")
        }
        let other = try subject.makeTable(.contacts("others"))
        let all = try source.discover(stream: nil).map(\.name)
        try require(all.contains(stream) && all.contains(other), "discover shows \(all), not \(stream) and \(other)")
    }

    static func checkOddNames(_ subject: ConformanceSubject) throws {
        let table = SampleTable(
            name: "Größe \"in\" m; DROP TABLE x --",
            columns: [
                SampleColumn("select", .integer, isNullable: false),
                SampleColumn("a \"b\" 'c'", .text),
                SampleColumn("ÄÖÜ 日本", .real),
                SampleColumn("CamelCase", .bool),
            ],
            key: ["select"]
        )
        let stream = try subject.makeTable(table)
        try subject.insert(table, (0..<20).map { [.integer(Int64($0)), .text("text \($0)"), .real(0.5), .bool(true)] })
        let source = try subject.makeSource()
        defer { source.close() }
        let rows = try readAll(source, scan(subject, stream, table), perRange: 6)
        try requireEqual(rows, try subject.rows(table), "records of a table with odd names")
        let filter = Filter.compare(column: "a \"b\" 'c'", .equal, .text("text 7"))
        let one = try read(source, scan(subject, stream, table, filter: filter), KeyRange())
        try requireEqual(one.map { $0[0] }, [.integer(7)], "records found by a column with an odd name")
    }

    static func checkUnknownStream(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        let source = try subject.makeSource()
        defer { source.close() }
        let wrong = stream.replacing("contacts", with: "contcats")
        let scan = scan(subject, wrong, table)
        try expect(.notFound, naming: [wrong, stream], "discover") { _ = try source.discover(stream: wrong) }
        try expect(.notFound, naming: [wrong, stream], "plan") { _ = try plan(source, scan, perRange: 5) }
        try expect(.notFound, naming: [wrong, stream], "read") {
            var batch = RowBatch(width: scan.columns.count)
            try source.read(scan, range: KeyRange(), into: &batch)
        }
    }

    static func checkUnknownColumn(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        try subject.insert(table, [SampleTable.contact(1)])
        let source = try subject.makeSource()
        defer { source.close() }
        var scans: [(Scan, String)] = []
        scans.append((scan(subject, stream, table), "column"))
        scans[0].0.columns[1] = "e_mail"
        scans.append((scan(subject, stream, table), "key"))
        scans[1].0.key = ["e_mail"]
        scans.append((scan(subject, stream, table, filter: .compare(column: "e_mail", .equal, .text("x"))), "filter"))
        for (scan, what) in scans {
            try expect(.notFound, naming: ["e_mail", "email"], "read with an unknown \(what)") {
                var batch = RowBatch(width: scan.columns.count)
                try source.read(scan, range: KeyRange(), into: &batch)
            }
        }
    }

    static func checkSharedView(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        try subject.insert(table, (1...10).map { SampleTable.contact($0) })
        let first = try subject.makeSource()
        defer { first.close() }
        guard let token = try first.openSnapshot(adopting: nil) else { return }
        let before = try subject.rows(table)
        try subject.insert(table, [SampleTable.contact(11)])
        let second = try subject.makeSource()
        defer { second.close() }
        guard let again = try second.openSnapshot(adopting: token) else {
            throw ConformanceFailure("who adopts a snapshot gets no token to share it on")
        }
        try requireEqual(
            try read(second, scan(subject, stream, table), KeyRange()),
            before,
            "records of the view adopted"
        )
        // The view outlives its first holder.
        first.close()
        let third = try subject.makeSource()
        defer { third.close() }
        _ = try third.openSnapshot(adopting: again)
        try requireEqual(
            try read(third, scan(subject, stream, table), KeyRange()),
            before,
            "records of the view adopted again"
        )
        let fresh = try subject.makeSource()
        defer { fresh.close() }
        let now = try read(fresh, scan(subject, stream, table), KeyRange())
        try requireEqual(now, try subject.rows(table), "records without a view")
    }

    static func checkRepeatedCalls(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        try subject.insert(table, [SampleTable.contact(1)])
        let source = try subject.makeSource()
        try source.check()
        try source.check()
        try requireEqual(try read(source, scan(subject, stream, table), KeyRange()).count, 1, "records read")
        source.close()
        source.close()
        try source.check()
        try requireEqual(
            try read(source, scan(subject, stream, table), KeyRange()).count,
            1,
            "records read after close"
        )
        source.close()
    }
}

/// Executes what must fail with a `SluiceError` of this code whose message names these things.
func expect(_ code: ErrorCode, naming names: [String], _ what: String, _ body: () throws -> Void) throws {
    do {
        try body()
    } catch let error as SluiceError {
        try requireEqual(error.code, code, "\(what): the code of \"\(error.message)\"")
        for name in names {
            try require(error.message.contains(name), "\(what): \"\(error.message)\" does not name \(name)")
        }
        return
    }
    throw ConformanceFailure("\(what): expected an error \(code) naming \(names), got none")
}
