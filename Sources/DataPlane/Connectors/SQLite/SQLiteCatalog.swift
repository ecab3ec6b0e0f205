import Drivers
import Model

/// Reads what an SQLite file says about its tables, and whether their values keep to it.
struct SQLiteCatalog {
    let file: SQLiteFile
    let connection: SQLiteConnection

    /// Rows looked at to estimate how long a record is.
    private static let sampledRows = 1_000
    /// A longer sum would be too deep an expression for SQLite.
    private static let sampledColumns = 500

    /// All tables and views but SQLite's own and Sluice's. A view that cannot be read is left out: it must not
    /// hide the rest.
    func all() throws -> [SQLiteTable] {
        try file.translating("listing the tables") {
            var found: [SQLiteTable] = []
            for entry in try entries() where !entry.isOurs {
                do {
                    found.append(try describe(entry))
                } catch let error as SQLiteError where entry.isView && error.condition == .other {
                    continue
                }
            }
            return found
        }
    }

    /// - Throws: `notFound`, naming what is there.
    func table(_ name: String) throws -> SQLiteTable {
        try file.translating("looking at table \"\(name)\"") {
            let entries = try entries()
            guard let entry = entries.first(where: { $0.name == name }) else {
                throw SluiceError(
                    .notFound,
                    "connection \"\(file.connection)\", file \(file.path): table \"\(name)\" not found; "
                        + NearNames.hint(for: name, among: entries.filter { !$0.isOurs }.map(\.name))
                )
            }
            return try describe(entry)
        }
    }

    private struct Entry {
        var name: String
        var isView: Bool
        var isWithoutRowID: Bool
        var isStrict: Bool

        /// Sluice's own: markers, and what belongs to `replace`.
        var isOurs: Bool { name.hasPrefix("sluice_") }
    }

    private func entries() throws(SQLiteError) -> [Entry] {
        let list = try connection.statement(
            """
            SELECT name, type, wr, strict FROM pragma_table_list
            WHERE schema = 'main' AND type IN ('table', 'view', 'virtual')
            AND substr(name, 1, 7) <> 'sqlite_'
            ORDER BY name
            """
        )
        defer { list.reset() }
        var entries: [Entry] = []
        while try list.step() {
            entries.append(
                Entry(
                    name: list.string(at: 0) ?? "",
                    isView: list.string(at: 1) == "view",
                    isWithoutRowID: list.integer(at: 2) == 1,
                    isStrict: list.integer(at: 3) == 1
                )
            )
        }
        return entries
    }

    private func describe(_ entry: Entry) throws(SQLiteError) -> SQLiteTable {
        var (columns, primaryKey) = try self.columns(of: entry)
        var keys = try uniqueKeys(of: entry.name)
        let hasKeyIndex = keys.contains { $0.isPrimary }
        if let alias = primaryKey.first, primaryKey.count == 1, !hasKeyIndex, !entry.isWithoutRowID,
            columns[alias].description.nativeType.uppercased() == "INTEGER"
        {
            columns[alias].isRowID = true
            columns[alias].description.isNullable = false
            columns[alias].description.hasDefault = true
            keys.insert((.init(columns: [columns[alias].description.name]), true), at: 0)
        }
        let facts = try measure(entry, &columns)
        return SQLiteTable(
            name: entry.name,
            columns: columns,
            uniqueKeys: keys.filter(\.isPrimary).map(\.key) + keys.filter { !$0.isPrimary }.map(\.key),
            hasPrimaryKey: keys.contains(where: \.isPrimary),
            hasTriggers: try hasTriggers(entry.name),
            isView: entry.isView,
            records: facts.records,
            averageBytes: facts.averageBytes
        )
    }

    private func columns(of entry: Entry) throws(SQLiteError) -> ([SQLiteTable.Column], primaryKey: [Int]) {
        let list = try connection.statement(
            "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid"
        )
        defer { list.reset() }
        try list.bind(entry.name, at: 1)
        var columns: [SQLiteTable.Column] = []
        var primaryKey: [(position: Int64, column: Int)] = []
        // Hidden 1 is a virtual table's parameter, 2 and 3 are generated columns.
        while try list.step() {
            if list.integer(at: 5) == 1 { continue }
            let declared = list.string(at: 1) ?? ""
            let affinity = SQLiteAffinity(declared: declared, isStrict: entry.isStrict)
            let position = list.integer(at: 4)
            if position > 0 { primaryKey.append((position, columns.count)) }
            columns.append(
                SQLiteTable.Column(
                    description: ColumnDescription(
                        name: list.string(at: 0) ?? "",
                        type: affinity.type(declared: declared),
                        nativeType: declared,
                        isNullable: list.integer(at: 2) == 0
                            && !(position > 0 && (entry.isWithoutRowID || entry.isStrict)),
                        hasDefault: list.integer(at: 3) == 1,
                        isGenerated: list.integer(at: 5) >= 2
                    ),
                    affinity: affinity,
                    isRowID: false
                )
            )
        }
        return (columns, primaryKey.sorted { $0.position < $1.position }.map(\.column))
    }

    /// The unique indexes over plain columns of all rows.
    private func uniqueKeys(
        of table: String
    ) throws(SQLiteError) -> [(key: SQLiteTable.UniqueKey, isPrimary: Bool)] {
        let list = try connection.statement(
            """
            SELECT i.name, i.origin = 'pk', c.name, c.coll
            FROM pragma_index_list(?) AS i, pragma_index_xinfo(i.name) AS c
            WHERE i."unique" AND NOT i.partial AND c.key
            ORDER BY i.seq, c.seqno
            """
        )
        defer { list.reset() }
        try list.bind(table, at: 1)
        var keys: [(index: String, key: SQLiteTable.UniqueKey, isPrimary: Bool, isPlain: Bool)] = []
        while try list.step() {
            let index = list.string(at: 0) ?? ""
            if keys.last?.index != index {
                keys.append((index, .init(columns: [], collations: []), list.integer(at: 1) == 1, true))
            }
            let last = keys.count - 1
            // An expression has no name.
            guard let column = list.string(at: 2) else {
                keys[last].isPlain = false
                continue
            }
            keys[last].key.columns.append(column)
            keys[last].key.collations?.append(list.string(at: 3) ?? "BINARY")
        }
        return keys.filter(\.isPlain).map { ($0.key, $0.isPrimary) }
    }

    private func hasTriggers(_ table: String) throws(SQLiteError) -> Bool {
        let count = try connection.statement(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE"
        )
        defer { count.reset() }
        try count.bind(table, at: 1)
        _ = try count.step()
        return count.integer(at: 0) > 0
    }

    /// Counts the records and makes every column text that holds a value outside its type: one pass over the table.
    private func measure(
        _ entry: Entry,
        _ columns: inout [SQLiteTable.Column]
    ) throws(SQLiteError) -> (records: Int64, averageBytes: Int64?) {
        let table = FilterSQL.identifier(entry.name)
        var checked: [Int] = []
        var expressions = ["count(*)"]
        for (place, column) in columns.enumerated() where !column.isRowID {
            let name = FilterSQL.identifier(column.description.name)
            // A strict table holds nothing else; only its JSON, which is no type of SQLite's, can be wrong.
            if entry.isStrict, column.description.type != .json { continue }
            guard let misfit = SQLiteAffinity.misfit(of: column.description.type, column: name) else { continue }
            checked.append(place)
            expressions.append("max(\(misfit))")
        }
        let scan = try connection.statement("SELECT \(expressions.joined(separator: ", ")) FROM \(table)")
        defer { scan.reset() }
        _ = try scan.step()
        for (index, place) in checked.enumerated() where scan.integer(at: index + 1) == 1 {
            columns[place].description.type = .text
        }
        let lengths = columns.prefix(Self.sampledColumns).map {
            "ifnull(length(CAST(\(FilterSQL.identifier($0.description.name)) AS BLOB)), 0)"
        }
        let sample = try connection.statement(
            "SELECT avg(\(lengths.joined(separator: " + "))) FROM (SELECT * FROM \(table) LIMIT \(Self.sampledRows))"
        )
        defer { sample.reset() }
        _ = try sample.step()
        let records = scan.integer(at: 0)
        return (records, records == 0 ? nil : sample.integer(at: 0))
    }
}
