import Drivers
import Model

/// A table or view of an SQLite file, as far as reading and writing it needs to know.
struct SQLiteTable {
    struct Column {
        var description: ColumnDescription
        var affinity: SQLiteAffinity
        /// Another name of the row id: always an integer.
        var isRowID: Bool

        var codec: SQLiteCodec { SQLiteCodec(type: description.type, affinity: affinity) }
    }

    /// Columns that identify a row, with the collation that their index compares them by.
    struct UniqueKey {
        var columns: [String]
        /// By column; nil: the row id itself, which has none.
        var collations: [String]?
    }

    var name: String
    var columns: [Column]
    /// The primary key first, if there is one.
    var uniqueKeys: [UniqueKey]
    var hasPrimaryKey: Bool
    var hasTriggers: Bool
    var isView: Bool
    var records: Int64
    var averageBytes: Int64?

    var description: StreamDescription {
        StreamDescription(
            name: name,
            columns: columns.map(\.description),
            primaryKey: hasPrimaryKey ? uniqueKeys.first?.columns ?? [] : [],
            uniqueKeys: uniqueKeys.dropFirst(hasPrimaryKey ? 1 : 0).map(\.columns),
            estimatedRecords: records,
            averageRecordBytes: averageBytes
        )
    }

    func column(_ name: String) -> Column? {
        columns.first { $0.description.name == name }
    }

    /// The unique key of exactly these columns, in any order.
    func uniqueKey(of names: [String]) -> UniqueKey? {
        uniqueKeys.first { Set($0.columns) == Set(names) && $0.columns.count == names.count }
    }
}
