import Connectors
import Model

extension DestinationCheck {
    static func checkPlans(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        let there = (1...40).map { SampleTable.contact($0) }
        try subject.insert(table, there)
        // Every fourth is changed (a text and an integer to others, the rest to NULL), the others are as they are;
        // 41...60 are new.
        let rows = (1...60).map { number in
            number % 4 == 0 ? changed(SampleTable.contact(number)) : SampleTable.contact(number)
        }
        let session = try WriteSession(subject, table, stream)
        let reading = try subject.rows(table)
        let staged = try session.stage(rows)
        var expectedBefore: [SampleRow] = []
        for (place, row) in rows.enumerated() {
            let current = reading.first { table.key(of: $0) == table.key(of: row) }
            let expected: RowPlan = current == nil ? .insert : current == row ? .unchanged : .update
            try requireEqual(
                staged.plans[place],
                expected,
                "the plan for \(row), where \(String(describing: current)) is"
            )
            if expected == .update, let current { expectedBefore.append(current) }
        }
        try requireEqual(try session.before(staged), expectedBefore, "before-images")
        session.destination.rollBack()
    }

    static func checkCommit(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        try subject.insert(table, (1...40).map { SampleTable.contact($0) })
        let rows = (21...60).map { changed(SampleTable.contact($0)) }
        let session = try WriteSession(subject, table, stream)
        let committed = try session.write(rows)
        try require(committed.at.microseconds > 1_577_836_800_000_000, "committed at \(committed.at), before 2020")
        let expected = (1...20).map { SampleTable.contact($0) } + rows
        try requireEqual(try subject.rows(table), expected, "rows after commit")
        try requireEqual(try session.after(committed.staged, of: rows), rows, "rows that the write announced")
        // And again, by the same instance.
        let more = (55...70).map { SampleTable.contact($0) }
        _ = try session.write(more)
        try requireEqual(try subject.rows(table), Array(expected.prefix(54)) + more, "rows after a second commit")
    }

    static func checkValues(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        var rows: [SampleRow] = []
        let reals: [Double] = [
            0, 1, -1.5, 0.1, 1e-300, 1.7976931348623157e308, .leastNonzeroMagnitude, .infinity, -.infinity,
        ]
        for real in reals {
            rows.append([.integer(Int64(rows.count)), .null, .real(real), .null, .null])
        }
        let long = String(repeating: "long ", count: 5_000)
        for text in ["", "a", "007", "1e3", " 5 ", "'\"\\", "é日本🛶", long, "\r\n\t"] {
            rows.append([.integer(Int64(rows.count)), .text(text), .null, .bool(true), .null])
        }
        for integer in [0, 1, -1, 65_536, .max, .min] as [Int64] {
            rows.append([.integer(Int64(rows.count)), .null, .null, .bool(false), .integer(integer)])
        }
        rows.append([.integer(.max), .null, .null, .null, .null])
        let session = try WriteSession(subject, table, stream)
        _ = try session.write(rows)
        try requireEqual(try subject.rows(table), rows, "values written")
        let again = try session.stage(rows)
        try requireEqual(again.plans, rows.map { _ in .unchanged }, "plans for the values just written")
        session.destination.rollBack()
    }

    static func checkUnchanged(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        try subject.insert(table, (1...30).map { SampleTable.contact($0) })
        let count = try subject.countWrites(table)
        let rows = (1...35).map { $0 % 10 == 0 ? changed(SampleTable.contact($0)) : SampleTable.contact($0) }
        let session = try WriteSession(subject, table, stream)
        let staged = try session.write(rows).staged
        try requireEqual(staged.plans.count { $0 == .unchanged }, 27, "rows planned as unchanged")
        try requireEqual(try count(), 3 + 5, "rows written for 3 updates and 5 inserts")
        try requireEqual(try subject.rows(table), rows, "rows after commit")
        _ = try session.write(rows)
        try requireEqual(try count(), 3 + 5, "rows written, after all of them were written once more unchanged")
    }

    static func checkEmptyWrite(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        try subject.insert(table, (1...5).map { SampleTable.contact($0) })
        let session = try WriteSession(subject, table, stream)
        for rows in [[], (1...5).map { SampleTable.contact($0) }] {
            let committed = try session.write(rows)
            try session.endAttempt(committed.inDoubt.transaction)
            try expectApplied(session.destination, committed.inDoubt, "a write of \(rows.count) unchanged rows")
        }
        try requireEqual(try subject.rows(table).count, 5, "rows")
    }

    static func checkKeyOnly(_ subject: ConformanceSubject) throws {
        let table = SampleTable(
            name: "pairs",
            columns: [
                SampleColumn("left", .integer, isNullable: false), SampleColumn("right", .text, isNullable: false),
            ],
            key: ["left", "right"]
        )
        let stream = try subject.makeTable(table)
        try subject.insert(table, [[.integer(1), .text("a")]])
        let session = try WriteSession(subject, table, stream)
        let rows: [SampleRow] = [[.integer(1), .text("a")], [.integer(1), .text("b")], [.integer(2), .text("a")]]
        let staged = try session.write(rows).staged
        try requireEqual(staged.plans, [.unchanged, .insert, .insert], "plans")
        try requireEqual(try subject.rows(table), rows, "rows after commit")
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
        try subject.insert(table, [[.integer(1), .text("old"), .null, .null]])
        let session = try WriteSession(subject, table, stream)
        let rows: [SampleRow] = [
            [.integer(1), .text("new"), .real(1), .bool(true)], [.integer(2), .text("new"), .real(2), .bool(false)],
        ]
        _ = try session.write(rows)
        try requireEqual(try subject.rows(table), rows, "rows after commit")
    }

    static func checkTwoInstances(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        try subject.insert(table, (1...10).map { SampleTable.contact($0) })
        let first = try WriteSession(subject, table, stream)
        let second = try WriteSession(subject, table, stream, installation: first.installation, run: first.run)
        let one = (1...20).map { changed(SampleTable.contact($0)) }
        let two = (5...25).map { SampleTable.contact($0) }
        _ = try first.write(one)
        let staged = try second.write(two).staged
        try requireEqual(try second.before(staged), Array(one[4...]), "before-images, which the first instance wrote")
        _ = try first.write(one)
        try requireEqual(try subject.rows(table), one + two[16...], "rows after the third write")
    }

    /// The row with every field but the key another one.
    static func changed(_ row: SampleRow) -> SampleRow {
        [row[0]]
            + row.dropFirst().map { value in
                switch value {
                case .text(let text): .text(text.uppercased())
                case .real, .bool: .null
                case .integer(let integer): .integer(integer + 1)
                case .null: .null
                }
            }
    }
}
