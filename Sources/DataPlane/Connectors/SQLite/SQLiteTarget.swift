import Drivers
import Model

/// A resolved `Target` and the SQL that writes to it.
struct SQLiteTarget {
    var target: Target
    private(set) var ledger: SQLiteLedger?
    /// Of the key's columns, as the table's unique index has them; nil: that of the column's type.
    private let collations: [String?]
    let codecs: [SQLiteCodec]
    /// The table itself changes what is written, or more than that: rows are written before the intent and read back.
    let writesInStage: Bool
    let hasTriggers: Bool
    /// `PRAGMA schema_version` when it was resolved.
    let schemaVersion: Int64
    /// Reads all fields of the row with a key.
    let select: String
    let delete: String
    let insert: String
    /// Sets all fields but the key's; nil: there are no others.
    let update: String?
    /// Sets all fields: for a key that its collation finds equal and that is spelled differently.
    let updateAll: String
    /// The fields that `update` sets, in order.
    let updated: [Int]

    /// - Throws: `notFound` for a field that is no column, `invalid` for a key that is not unique in the table or a
    ///   field that cannot be written.
    init(
        _ table: SQLiteTable,
        fields: [String],
        key: [String],
        mode: WriteMode,
        schemaVersion: Int64,
        in file: SQLiteFile
    ) throws {
        let place = "connection \"\(file.connection)\", table \"\(table.name)\""
        guard !table.isView else {
            throw SluiceError(.unsupported, "\(place): it is a view; a destination is a table")
        }
        let known = table.columns.map(\.description.name)
        let columns = try fields.map { name in
            guard let column = table.column(name) else {
                throw SluiceError(
                    .notFound,
                    "\(place): column \"\(name)\" not found; \(NearNames.hint(for: name, among: known))"
                )
            }
            guard !column.description.isGenerated else {
                throw SluiceError(.invalid, "\(place): column \"\(name)\" is generated and cannot be written; drop it")
            }
            return column
        }
        for (place_, name) in fields.enumerated() where fields.firstIndex(of: name) != place_ {
            throw SluiceError(.invalid, "\(place): field \"\(name)\" is written twice")
        }
        let unique = mode.isByKey ? try Self.uniqueKey(key, of: table, place) : nil
        target = Target(
            table: table.name,
            fields: columns.map {
                TargetField(name: $0.description.name, type: $0.description.type, isNullable: $0.description.isNullable)
            },
            key: try key.map { name in
                guard let field = fields.firstIndex(of: name) else {
                    throw SluiceError(
                        .invalid,
                        "\(place): key column \"\(name)\" is not among the fields to write; map it"
                    )
                }
                return field
            },
            mode: mode
        )
        codecs = columns.map(\.codec)
        hasTriggers = table.hasTriggers
        writesInStage = table.hasTriggers || table.columns.contains { $0.description.isGenerated }
        // What they make of a row is read back by its key.
        guard mode.isByKey || !writesInStage else {
            throw SluiceError(
                .unsupported,
                "\(place): it has triggers or generated columns, and can be written to by upsert only"
            )
        }
        self.schemaVersion = schemaVersion

        let name = FilterSQL.identifier(table.name)
        let quoted = fields.map(FilterSQL.identifier)
        let collations = key.map { column in
            unique?.columns.firstIndex(of: column).flatMap { unique?.collations?[$0] }
        }
        self.collations = collations
        let matches = zip(key, collations).map { column, collation in
            "\(FilterSQL.identifier(column)) = ?\(collation.map { " COLLATE \(FilterSQL.identifier($0))" } ?? "")"
        }
        let isKey = matches.joined(separator: " AND ")
        delete = "DELETE FROM \(name) WHERE \(isKey)"
        select = "SELECT \(quoted.joined(separator: ", ")) FROM \(name) WHERE \(isKey)"
        // OR ABORT overrules what the table says of conflicts, such as ON CONFLICT REPLACE, which would delete other
        // rows.
        insert = """
            INSERT OR ABORT INTO \(name) (\(quoted.joined(separator: ", "))) \
            VALUES (\(quoted.map { _ in "?" }.joined(separator: ", ")))
            """
        updated = fields.indices.filter { !key.contains(fields[$0]) }
        func update(_ set: [Int]) -> String {
            let assignments = set.map { "\(quoted[$0]) = ?" }.joined(separator: ", ")
            return "UPDATE OR ABORT \(name) SET \(assignments) WHERE \(isKey)"
        }
        self.update = updated.isEmpty ? nil : update(updated)
        updateAll = update(Array(fields.indices))
    }

    /// The condition that the table's row `d` has the key of the row `table` of a ledger's table.
    func isRow(of table: String) -> String {
        zip(target.key, collations).enumerated().map { place, part in
            "d.\(FilterSQL.identifier(target.fields[part.0].name)) = \(table).k\(place)"
                + (part.1.map { " COLLATE \(FilterSQL.identifier($0))" } ?? "")
        }.joined(separator: " AND ")
    }

    /// The same with an account of its keys.
    func keeping(_ ledger: KeyLedger) -> SQLiteTarget {
        var keeping = self
        keeping.target.ledger = ledger
        keeping.ledger = SQLiteLedger(ledger, table: target.table, collations: collations)
        return keeping
    }

    private static func uniqueKey(
        _ key: [String],
        of table: SQLiteTable,
        _ place: String
    ) throws -> SQLiteTable.UniqueKey {
        let known = table.columns.map(\.description.name)
        guard !key.isEmpty else {
            throw SluiceError(.invalid, "\(place): an upsert needs a key")
        }
        for name in key where !known.contains(name) {
            throw SluiceError(
                .notFound,
                "\(place): key column \"\(name)\" not found; \(NearNames.hint(for: name, among: known))"
            )
        }
        guard let unique = table.uniqueKey(of: key) else {
            let existing = table.uniqueKeys.map { "(\($0.columns.joined(separator: ", ")))" }.joined(separator: ", ")
            throw SluiceError(
                .invalid,
                "\(place): (\(key.joined(separator: ", "))) is no unique key of it; "
                    + (existing.isEmpty ? "it has none: add a primary key" : "there are: \(existing)")
            )
        }
        return unique
    }
}
