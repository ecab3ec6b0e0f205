import Connectors
import Model

extension DestinationCheck {
    static func checkRollBack(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        try subject.insert(table, (1...10).map { SampleTable.contact($0) })
        let before = try subject.rows(table)
        let rows = (5...15).map { changed(SampleTable.contact($0)) }
        let session = try WriteSession(subject, table, stream)
        _ = try session.stage(rows)
        session.destination.rollBack()
        try requireEqual(try subject.rows(table), before, "rows after stage and rollBack")
        _ = try session.stage(rows)
        try session.destination.apply()
        session.destination.rollBack()
        try requireEqual(try subject.rows(table), before, "rows after stage, apply and rollBack")
        let late: WriteFailure?
        do {
            _ = try session.destination.commit()
            late = nil
        } catch let failure as WriteFailure {
            late = failure
        }
        try require(late != nil, "commit succeeded after rollBack")
        try requireEqual(try subject.rows(table), before, "rows after a commit that came too late")
        // A closed instance leaves nothing either, and nothing is in the way of the next.
        _ = try session.stage(rows)
        try session.destination.apply()
        session.destination.close()
        try requireEqual(try subject.rows(table), before, "rows after stage, apply and close")
        let next = try WriteSession(subject, table, stream)
        _ = try next.write(rows)
        try requireEqual(try subject.rows(table), Array(before.prefix(4)) + rows, "rows after the next write")
    }

    static func checkRejections(_ subject: ConformanceSubject) throws {
        let table = SampleTable.guarded()
        let stream = try subject.makeTable(table)
        try subject.insert(table, (1...10).map { SampleTable.contact($0) })
        var rows = (6...20).map { changed(SampleTable.contact($0)) }
        // An update and an insert that break the check, an update and an insert that break the unique e-mail.
        rows[1][4] = .integer(-1)
        rows[9][4] = .integer(-5)
        rows[3][1] = .text("person-2@example.com")
        rows[11][1] = .text("person-3@example.com")
        let session = try WriteSession(subject, table, stream)
        let staged = try session.write(rows).staged
        try requireEqual(staged.rejections.keys.sorted(), [1, 3, 9, 11], "rows rejected")
        for place in [1, 9] {
            try requireEqual(staged.rejections[place]?.code, "constraint", "code of a broken check")
        }
        for place in [3, 11] {
            try requireEqual(staged.rejections[place]?.code, "duplicate_key", "code of a value that is not unique")
        }
        var expected = (1...10).map { SampleTable.contact($0) }
        for (place, row) in rows.enumerated() where staged.rejections[place] == nil {
            expected.removeAll { $0[0] == row[0] }
            expected.append(row)
        }
        expected.sort { number($0) < number($1) }
        try requireEqual(try subject.rows(table), expected, "rows after commit")
    }

    static func checkHandedRejections(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        try subject.insert(table, (1...3).map { SampleTable.contact($0) })
        let before = try subject.rows(table)
        let rows = (1...6).map { changed(SampleTable.contact($0)) }
        let handed = Rejection(code: "invalid_value", field: "email", reason: "as the kit says")
        let session = try WriteSession(subject, table, stream)
        let staged = try session.write(rows, rejections: [0: handed, 4: handed]).staged
        try requireEqual(staged.plans, [.reject, .update, .update, .insert, .reject, .insert], "plans")
        try requireEqual(staged.rejections, [0: handed, 4: handed], "rejections")
        let expected = [before[0], rows[1], rows[2], rows[3], rows[5]]
        try requireEqual(try subject.rows(table), expected, "rows after commit")
    }

    static func checkNullKey(_ subject: ConformanceSubject) throws {
        let table = SampleTable.guarded()
        let stream = try subject.makeTable(table)
        var rows = (1...5).map { SampleTable.contact($0) }
        rows[2][1] = .null
        let session = try WriteSession(subject, table, stream)
        let staged = try session.write(rows).staged
        try requireEqual(staged.rejections.keys.sorted(), [2], "rows rejected for a NULL")
        try requireEqual(staged.rejections[2]?.code, "not_null", "code of a NULL that the column does not take")
        try requireEqual(staged.rejections[2]?.field, "email", "field of a NULL that the column does not take")
        try requireEqual(try subject.rows(table), [rows[0], rows[1], rows[3], rows[4]], "rows after commit")
    }

    static func checkUnknownNames(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        let destination = try subject.makeDestination()
        defer { destination.close() }
        let wrong = stream.replacing("contacts", with: "contcats")
        try expect(.notFound, naming: [wrong, stream], "resolve of an unknown table") {
            _ = try destination.resolve(table: wrong, fields: ["id"], key: ["id"])
        }
        try expect(.notFound, naming: [wrong, stream], "discover of an unknown table") {
            _ = try destination.discover(stream: wrong)
        }
        try expect(.notFound, naming: ["e_mail", "email"], "resolve of an unknown column") {
            _ = try destination.resolve(table: stream, fields: ["id", "e_mail"], key: ["id"])
        }
        try expect(.notFound, naming: ["idd", "id"], "resolve of an unknown key") {
            _ = try destination.resolve(table: stream, fields: ["id", "email"], key: ["idd"])
        }
    }

    static func checkWrongKey(_ subject: ConformanceSubject) throws {
        let table = SampleTable.guarded()
        let stream = try subject.makeTable(table)
        let destination = try subject.makeDestination()
        defer { destination.close() }
        let fields = table.columns.map(\.name)
        try expect(.invalid, naming: ["score", "id"], "resolve by a column that is not unique") {
            _ = try destination.resolve(table: stream, fields: fields, key: ["score"])
        }
        let byEmail = try destination.resolve(table: stream, fields: fields, key: ["email"])
        try requireEqual(byEmail.key, [1], "the key's place among the fields")
    }

    private static func number(_ row: SampleRow) -> Int64 {
        guard case .integer(let number) = row[0] else { return 0 }
        return number
    }
}
