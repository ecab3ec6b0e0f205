import Model

/// A table as `pg_catalog` describes it.
struct PostgresTable: Sendable {
    var oid: UInt32
    var schema: String
    var name: String
    /// `pg_class.relkind`: r table, p partitioned, v view, m materialized view, f foreign table.
    var kind: String
    var columns: [PostgresColumn]
    var indexes: [PostgresIndex]
    var estimatedRecords: Int64?
    var averageRecordBytes: Int64?
    /// One heap, no partitions or children: `ctid` names a row, and ranges of it can be read (PostgreSQL 14 and later).
    var hasPlaces: Bool

    var qualifiedName: String { "\(PostgresName.quoted(schema)).\(PostgresName.quoted(name))" }

    func column(_ name: String) -> PostgresColumn? { columns.first { $0.name == name } }

    var primaryKey: [String] { indexes.first { $0.isPrimary }?.columns ?? [] }

    /// Keys of whole columns that hold for every row, the primary key left out.
    var otherKeys: [[String]] { indexes.filter { !$0.isPrimary && $0.isPlainUnique }.map(\.columns) }

    func description(as streamName: String) -> StreamDescription {
        StreamDescription(
            name: streamName,
            columns: columns.map(\.description),
            primaryKey: primaryKey,
            uniqueKeys: otherKeys,
            estimatedRecords: estimatedRecords,
            averageRecordBytes: averageRecordBytes,
            hasPlaces: hasPlaces
        )
    }
}

struct PostgresColumn: Sendable {
    var name: String
    var type: PostgresType
    var isNullable: Bool
    var hasDefault: Bool
    /// `GENERATED ALWAYS AS (…) STORED`.
    var isGenerated: Bool
    /// `GENERATED ALWAYS AS IDENTITY`: set by an INSERT that insists, never by an UPDATE.
    var isIdentityAlways: Bool
    /// `pg_attribute.attnum`.
    var number: Int
    /// A collation that takes different texts for equal, for SQL; nil: its collation does not.
    var looseCollation: String?

    /// The place of a row in its table.
    static let place = PostgresColumn(
        name: "ctid",
        type: PostgresType(oid: 27, modifier: -1, name: "tid", carrier: "tid", baseName: "tid", isDomain: false),
        isNullable: false,
        hasDefault: false,
        isGenerated: true,
        isIdentityAlways: false,
        number: -1
    )

    var description: ColumnDescription {
        ColumnDescription(
            name: name,
            type: type.value,
            nativeType: type.name,
            isNullable: isNullable,
            hasDefault: hasDefault,
            isGenerated: isGenerated
        )
    }
}

struct PostgresIndex: Sendable {
    /// Key columns in order; empty where an expression is among them.
    var columns: [String]
    var isPrimary: Bool
    var isUnique: Bool
    /// Checked at once, not DEFERRABLE.
    var isImmediate: Bool
    /// It has a WHERE clause or an expression.
    var isSpecial: Bool
    /// A btree whose columns are all ascending with NULLs last: it can deliver rows in the order of ORDER BY.
    var isAscending: Bool

    var isPlainUnique: Bool { isUnique && !isSpecial }
}
