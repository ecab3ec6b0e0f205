import Drivers
import Model

/// A `Scan` over a table that is known: the SQL that plans and reads it.
struct SQLiteScan {
    let table: SQLiteTable
    /// Indexes into `table.columns`.
    let columns: [Int]
    let key: [String]
    private let source: String
    private let condition: String?

    /// - Throws: `notFound` for a column that does not exist, `invalid` for a key that is empty.
    init(_ scan: Scan, of table: SQLiteTable, in file: SQLiteFile) throws {
        self.table = table
        let known = table.columns.map(\.description.name)
        let place = "connection \"\(file.connection)\", table \"\(table.name)\""
        func find(_ name: String, _ use: String) throws -> Int {
            guard let index = known.firstIndex(of: name) else {
                throw SluiceError(
                    .notFound,
                    "\(place): column \"\(name)\" (\(use)) not found; \(NearNames.hint(for: name, among: known))"
                )
            }
            return index
        }
        columns = try scan.columns.map { try find($0, "to read") }
        guard !scan.key.isEmpty else {
            throw SluiceError(.invalid, "\(place): a scan needs at least one key column to order the records by")
        }
        for name in scan.key { _ = try find(name, "key") }
        for name in scan.filter?.columns ?? [] { _ = try find(name, "filter") }
        key = scan.key
        source = FilterSQL.identifier(table.name)
        condition = try scan.filter.map { try FilterSQL.render($0, dialect: .sqlite) }
    }

    /// The records of a range in the order of the key; the bounds are bound by `bind`.
    func read(_ range: KeyRange) -> String {
        let names = columns.map { FilterSQL.identifier(table.columns[$0].description.name) }
        return select(names.isEmpty ? "NULL" : names.joined(separator: ", "), range)
    }

    /// The keys of the records in a range, in order, at most `limit`.
    func keys(_ range: KeyRange, limit: Int) -> String {
        "\(select(list, range)) LIMIT \(limit)"
    }

    /// One record that passes the filter and has a NULL in its key.
    var nullKey: String? {
        let nullable = key.filter { table.column($0)?.description.isNullable ?? true }
        guard !nullable.isEmpty else { return nil }
        let isNull = nullable.map { "\(FilterSQL.identifier($0)) IS NULL" }.joined(separator: " OR ")
        return "SELECT 1 FROM \(source) WHERE \(all([condition, "(\(isNull))"])) LIMIT 1"
    }

    /// One key that several records share; nil where a unique index rules that out.
    var sharedKey: String? {
        guard !table.uniqueKeys.contains(where: { Set($0.columns).isSubset(of: key) }) else { return nil }
        let filter = condition.map { " WHERE \($0)" } ?? ""
        return "SELECT \(list) FROM \(source)\(filter) GROUP BY \(list) HAVING count(*) > 1 LIMIT 1"
    }

    /// Binds the bounds that `read` and `keys` left open, in order.
    func bind(_ range: KeyRange, to statement: SQLiteStatement) throws {
        for (place, value) in ((range.after ?? []) + (range.through ?? [])).enumerated() {
            try SQLiteKeyValue.bind(value, to: statement, at: place + 1)
        }
    }

    /// - Throws: `invalid` for a bound with another number of values than the key has columns.
    func check(_ bound: [String]?) throws {
        guard let bound, bound.count != key.count else { return }
        throw SluiceError(
            .invalid,
            "table \"\(table.name)\": a key bound has \(bound.count) values, the key \(key.count) columns"
        )
    }

    private var list: String {
        key.map(FilterSQL.identifier).joined(separator: ", ")
    }

    private func select(_ what: String, _ range: KeyRange) -> String {
        let places = key.map { _ in "?" }.joined(separator: ", ")
        // A row value where there is more than one column, which SQLite compares left to right, by the index.
        let after = range.after.map { _ in "(\(list)) > (\(places))" }
        let through = range.through.map { _ in "(\(list)) <= (\(places))" }
        let conditions = all([condition, after, through])
        let filter = conditions.isEmpty ? "" : " WHERE \(conditions)"
        return "SELECT \(what) FROM \(source)\(filter) ORDER BY \(list)"
    }

    private func all(_ conditions: [String?]) -> String {
        conditions.compactMap(\.self).joined(separator: " AND ")
    }
}
