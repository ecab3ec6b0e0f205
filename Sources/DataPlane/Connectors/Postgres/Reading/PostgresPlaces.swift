import Drivers
import Model

/// Makes ranges of places (`ctid`) safe to hand around.
///
/// A place means something in one view of the data, and until the table is written anew (VACUUM FULL, CLUSTER): read under
/// another view the rest of a plan would leave rows out and bring others twice. So every bound carries what it holds in, and a
/// range of something else is refused. A range without bounds is the whole table, under any view.
struct PostgresPlaces {
    /// `system/timeline snapshot file`.
    private let validity: String
    private let query: PostgresScan

    /// Inside the transaction that is the view. Its lock keeps the table as it is until that ends.
    init(_ query: PostgresScan, _ session: PostgresSession) throws {
        self.query = query
        let found = try session.run(
            """
            SELECT pg_current_snapshot()::text || ' ' || pg_relation_filenode(\(query.table))
            FROM (SELECT) AS one LEFT JOIN (SELECT FROM \(query.from) LIMIT 0) AS locked ON true
            """
        )
        validity = "\(try PostgresLink.system(session)) \(found.text(row: 0, column: 0) ?? "")"
    }

    func marked(_ planned: PlannedRange) -> PlannedRange {
        func mark(_ bound: [String]?) -> [String]? { bound.map { $0.count == 1 ? $0 + [validity] : $0 } }
        let range = KeyRange(after: mark(planned.range.after), through: mark(planned.range.through))
        return PlannedRange(range: range, records: planned.records)
    }

    /// The range with its places alone.
    ///
    /// - Throws: `conflict` when it was planned in another view.
    func checked(_ range: KeyRange) throws -> KeyRange {
        func place(_ bound: [String]?) throws -> [String]? {
            guard let bound else { return nil }
            guard bound.count == 2, bound[1] == validity else {
                throw SluiceError(
                    .conflict,
                    "\(query.place): stream \"\(query.stream)\" has no key, and the view of the data in which it was cut into ranges"
                        + " is lost, or the table was written anew since; what is left of it cannot be told: start the run again,"
                        + " or give the table a key"
                )
            }
            return [bound[0]]
        }
        return KeyRange(after: try place(range.after), through: try place(range.through))
    }
}
