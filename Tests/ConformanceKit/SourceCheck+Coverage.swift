import Connectors
import Model

extension SourceCheck {
    private static let perRange = 7

    static func checkCoverage(_ subject: ConformanceSubject) throws {
        let source = try subject.makeSource()
        defer { source.close() }
        for size in [0, 1, perRange - 1, perRange, perRange + 1, 2 * perRange, 10 * perRange + 3] {
            let table = SampleTable.contacts("contacts_\(size)")
            let stream = try subject.makeTable(table)
            // Inserted backwards and with gaps: the order of the key is not that of insertion.
            try subject.insert(table, (0..<size).reversed().map { SampleTable.contact($0 * 3 - 20) })
            try checkReading(source, stream, table, subject, "\(size) records")
        }
    }

    static func checkTextKey(_ subject: ConformanceSubject) throws {
        let table = SampleTable(
            name: "by_text",
            columns: [SampleColumn("code", .text, isNullable: false), SampleColumn("place", .integer)],
            key: ["code"]
        )
        let stream = try subject.makeTable(table)
        let codes = [
            "", " ", "'", "''quoted''", "\"", "\\", "%", "0", "00", "10", "9", "1e3", "A", "B", "a", "ab", "b", "x'00'",
            "é", "z", "ü", "Ü", "日本", "🛶", "null", "NULL", "a'b", "line\nbreak",
        ]
        try subject.insert(table, codes.enumerated().map { [.text($1), .integer(Int64($0))] })
        let source = try subject.makeSource()
        defer { source.close() }
        try checkReading(source, stream, table, subject, "text keys")
    }

    static func checkCompositeKey(_ subject: ConformanceSubject) throws {
        let table = SampleTable(
            name: "by_two",
            columns: [
                SampleColumn("line", .integer, isNullable: false),
                SampleColumn("amount", .real),
                SampleColumn("shop", .text, isNullable: false),
            ],
            key: ["shop", "line"]
        )
        let stream = try subject.makeTable(table)
        let rows = (0..<60).map { number -> SampleRow in
            [.integer(Int64(number % 20)), .real(Double(number)), .text("shop \(number / 20)")]
        }
        try subject.insert(table, rows.reversed())
        let source = try subject.makeSource()
        defer { source.close() }
        try checkReading(source, stream, table, subject, "composite keys")
    }

    static func checkInsertedMeanwhile(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        let old = (0..<50).map { SampleTable.contact($0 * 10) }
        try subject.insert(table, old)
        let source = try subject.makeSource()
        defer { source.close() }
        _ = try source.openSnapshot(adopting: nil)
        let scan = scan(subject, stream, table)
        let ranges = try plan(source, scan, perRange: perRange)
        // In front of all, between all, and behind all.
        let new = [-5, 5, 65, 66, 67, 255, 485, 495, 10_000].map { SampleTable.contact($0) }
        try subject.insert(table, new)
        if subject.isPositional {
            // The places of records are no keys: a changed file is refused, whichever process reads it.
            let fresh = try subject.makeSource()
            defer { fresh.close() }
            for source in [source, fresh] {
                for planned in ranges {
                    try expect(.conflict, naming: ["changed"], "read of a file that was changed") {
                        _ = try read(source, scan, planned.range)
                    }
                }
            }
            return
        }
        var rows: [SampleRow] = []
        for planned in ranges { rows += try read(source, scan, planned.range) }
        try requireEqual(Set(rows).count, rows.count, "different records among those read")
        let keys = rows.map { table.key(of: $0) }
        try requireEqual(Set(old).subtracting(rows), [], "records there from the start that were not read")
        let order = try subject.rows(table).map { table.key(of: $0) }
        try requireEqual(keys, order.filter(Set(keys).contains), "the order of the records")
    }

    static func checkContinuation(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        try subject.insert(table, (1...40).map { SampleTable.contact($0) })
        let source = try subject.makeSource()
        defer { source.close() }
        let scan = scan(subject, stream, table)
        let whole = try plan(source, scan, perRange: perRange)
        try require(whole.count > 2, "40 records were planned as \(whole.count) ranges of \(perRange)")
        for (place, planned) in whole.enumerated() {
            guard let through = planned.range.through else { continue }
            let rest = try plan(source, scan, perRange: perRange, in: KeyRange(after: through))
            try requireEqual(rest, Array(whole[(place + 1)...]), "the plan behind \(through)")
        }
        // A range that is cut again: its parts cover it, and it alone.
        for planned in whole {
            let half = (planned.records + 1) / 2
            let parts = try plan(source, scan, perRange: half, in: planned.range)
            try require(parts.allSatisfy { $0.records <= half }, "parts of \(planned.range): \(parts)")
            let rows = try parts.flatMap { try read(source, scan, $0.range) }
            try requireEqual(rows, try read(source, scan, planned.range), "the parts of \(planned.range)")
        }
        let last = try read(source, scan, KeyRange()).count
        try requireEqual(last, 40, "records in the range that is open on both sides")
    }

    static func checkPlanningStops(_ subject: ConformanceSubject) throws {
        struct Enough: Error {}
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        try subject.insert(table, (1...40).map { SampleTable.contact($0) })
        let source = try subject.makeSource()
        defer { source.close() }
        var emitted = 0
        do {
            try source.plan(scan(subject, stream, table), recordsPerRange: perRange, range: KeyRange()) { _ in
                emitted += 1
                if emitted == 2 { throw Enough() }
            }
            throw ConformanceFailure("plan swallowed what emit threw")
        } catch is Enough {
            try requireEqual(emitted, 2, "ranges emitted")
        }
        // The source is usable afterwards.
        try checkReading(source, stream, table, subject, "after a planning that was ended")
    }

    private static func checkReading(
        _ source: any Source,
        _ stream: String,
        _ table: SampleTable,
        _ subject: ConformanceSubject,
        _ what: String
    ) throws {
        let rows = try readAll(source, scan(subject, stream, table), perRange: perRange)
        try requireEqual(rows, try subject.rows(table), what)
    }
}
