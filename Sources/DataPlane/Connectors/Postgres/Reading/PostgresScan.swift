import Drivers
import Model

/// The SQL of one scan: columns, filter and key are resolved against the table.
struct PostgresScan {
    let place: String
    let stream: String
    let from: String
    /// `pg_class.oid` of the table.
    let table: UInt32
    let filter: String?
    let key: [PostgresColumn]
    private let selected: [PostgresColumn]
    /// The key's own index delivers the rows in its order, so that stepping is cheap.
    let hasKeyIndex: Bool
    /// There is no key: the records are read by their places, `ctid` being the key.
    let goesByPlaces: Bool

    /// - Throws: `notFound` for columns that are not there, with near names; `invalid` without a key and places.
    init(_ scan: Scan, table: PostgresTable, place: String) throws {
        self.place = place
        stream = scan.stream
        self.table = table.oid
        goesByPlaces = scan.key.isEmpty
        // A child that the table gets later would have the same places.
        from = "\(goesByPlaces ? "ONLY " : "")\(table.qualifiedName) AS r"
        guard !goesByPlaces || table.hasPlaces else {
            throw SluiceError(.invalid, "\(place): stream \"\(scan.stream)\" needs key columns to be read by")
        }
        func column(_ name: String) throws -> PostgresColumn {
            try PostgresScan.column(name, of: table, stream: scan.stream, place: place)
        }
        selected = try scan.columns.map(column)
        key = goesByPlaces ? [.place] : try scan.key.map(column)
        if let condition = scan.filter {
            for name in condition.columns { _ = try column(name) }
            filter = try FilterSQL.render(condition, dialect: .postgres)
        } else {
            filter = nil
        }
        hasKeyIndex =
            !goesByPlaces
            && table.indexes.contains { index in
                index.isAscending && !index.isSpecial && Array(index.columns.prefix(scan.key.count)) == scan.key
            }
    }

    static func column(
        _ name: String,
        of table: PostgresTable,
        stream: String,
        place: String
    ) throws -> PostgresColumn {
        if let found = table.column(name) { return found }
        let names = table.columns.map(\.name)
        let hint = NearNames.hint(for: name, among: names)
        throw SluiceError(.notFound, "\(place): table \"\(stream)\" has no column \"\(name)\"; \(hint)")
    }

    /// `r."a", r."b"`: the key. Qualified, since ORDER BY would take a selected column's alias first.
    var order: String { key.map { "r.\(PostgresName.quoted($0.name))" }.joined(separator: ", ") }

    /// The records of a range as binary COPY, in the order of the key. Those of places come in their order anyway.
    func copy(_ range: KeyRange) throws -> String {
        let columns = selected.map { column in
            "r.\(PostgresName.quoted(column.name))" + (column.type.isForeign ? "::text" : "")
        }
        let condition = try self.condition(after: range.after, through: range.through)
        return "COPY (SELECT \(columns.joined(separator: ", ")) FROM \(from)\(condition)"
            + (goesByPlaces ? "" : " ORDER BY \(order)") + ") TO STDOUT (FORMAT binary)"
    }

    /// ` WHERE …`, or nothing.
    func condition(after: [String]?, through: [String]?) throws -> String {
        var parts: [String] = []
        if let after { parts.append(try bound(">", after)) }
        if let through { parts.append(try bound("<=", through)) }
        if let filter { parts.append(filter) }
        return parts.isEmpty ? "" : " WHERE " + parts.joined(separator: " AND ")
    }

    private func bound(_ comparison: String, _ values: [String]) throws -> String {
        guard values.count == key.count else {
            throw SluiceError(
                .internal,
                "\(place): a range of stream \"\(stream)\" has \(values.count) key values, its key \(key.count)"
            )
        }
        let literals = zip(key, values).map { column, value in
            "\(PostgresName.literal(value))::\(column.type.baseName)"
        }
        return "(\(order)) \(comparison) (\(literals.joined(separator: ", ")))"
    }

    /// - Throws: `invalid` when a key column holds NULL: such rows belong to no range.
    func refuseNullKeys(_ session: PostgresSession) throws {
        let nullable = key.filter(\.isNullable).map { "\(PostgresName.quoted($0.name)) IS NULL" }
        guard !nullable.isEmpty else { return }
        let nulls = "(\(nullable.joined(separator: " OR ")))" + (filter.map { " AND \($0)" } ?? "")
        let found = try session.run("SELECT count(*) FROM \(from) WHERE \(nulls)")
        let count = found.text(row: 0, column: 0) ?? "0"
        guard count == "0" else {
            let names = key.map(\.name).joined(separator: ", ")
            throw SluiceError(
                .invalid,
                "\(place): stream \"\(stream)\": the key (\(names)) is NULL in \(count) records, which then cannot be"
                    + " told apart; filter them out or choose another key"
            )
        }
    }
}
