import Drivers
import Model

/// Cuts a scan into ranges.
///
/// With an index on the key: one look-up per range, each a step of `recordsPerRange` entries along the index, so that
/// the first range is there at once and one pass over the index is all it costs. Without: one sort at the server,
/// read row by row.
struct PostgresPlanning {
    let session: PostgresSession
    let query: PostgresScan
    let recordsPerRange: Int

    /// The key under names that no column has, and the number of each row.
    private var numbered: String {
        let aliased = query.key.enumerated().map { "r.\(PostgresName.quoted($1.name)) AS \"#\($0)\"" }
        return aliased.joined(separator: ", ") + ", row_number() OVER w AS \"#n\""
    }
    private var texts: String {
        query.key.indices.map { "\"#\($0)\"::text" }.joined(separator: ", ")
    }

    func run(_ range: KeyRange, emit: (PlannedRange) throws -> Void) throws {
        // The last one ends where `range` does, so each is held back until there is another.
        var lower = range.after
        var held: (through: [String], records: Int)?
        func found(_ key: [String], _ records: Int) throws {
            if let held {
                let whole = KeyRange(after: lower, through: held.through)
                try emit(PlannedRange(range: whole, records: held.records))
                lower = held.through
            }
            held = (key, records)
        }
        if query.hasKeyIndex {
            try step(in: range, found)
        } else {
            try sort(in: range, found)
        }
        if let held {
            try emit(PlannedRange(range: KeyRange(after: lower, through: range.through), records: held.records))
        }
    }

    private func step(in range: KeyRange, _ found: ([String], Int) throws -> Void) throws {
        let keys = query.key.map { "r.\(PostgresName.quoted($0.name))::text" }.joined(separator: ", ")
        var last = range.after
        while true {
            let condition = try query.condition(after: last, through: range.through)
            let answer = try session.run(
                """
                SELECT \(keys) FROM \(query.from)\(condition)
                ORDER BY \(query.order) OFFSET \(recordsPerRange - 1) LIMIT 1
                """
            )
            guard answer.rows == 1 else { break }
            let key = row(answer, 0, from: 0)
            try found(key, recordsPerRange)
            last = key
        }
        // Fewer than a whole range are left.
        let condition = try query.condition(after: last, through: range.through)
        let rest = try session.run("SELECT count(*) FROM \(query.from)\(condition)").text(row: 0, column: 0)
        if let rest, let records = Int(rest), records > 0 { try found([], records) }
    }

    private func sort(in range: KeyRange, _ found: ([String], Int) throws -> Void) throws {
        let condition = try query.condition(after: range.after, through: range.through)
        try session.run(
            """
            DECLARE plan NO SCROLL CURSOR\(session.connection.isInTransaction ? "" : " WITH HOLD") FOR
            SELECT "#n", \(texts) FROM (
                SELECT \(numbered), lead(true) OVER w IS NULL AS "#last"
                FROM \(query.from)\(condition) WINDOW w AS (ORDER BY \(query.order))
            ) s WHERE "#n" % \(recordsPerRange) = 0 OR "#last" ORDER BY "#n"
            """
        )
        defer { if session.isOpen { _ = try? session.connection.execute("CLOSE plan") } }
        var previous = 0
        while true {
            let answer = try session.run("FETCH 1000 FROM plan")
            guard answer.rows > 0 else { return }
            for index in 0..<answer.rows {
                let number = Int(answer.text(row: index, column: 0) ?? "") ?? 0
                try found(row(answer, index, from: 1), number - previous)
                previous = number
            }
        }
    }

    private func row(_ answer: PostgresResult, _ index: Int, from first: Int) -> [String] {
        (first..<answer.columns).map { answer.text(row: index, column: $0) ?? "" }
    }
}
