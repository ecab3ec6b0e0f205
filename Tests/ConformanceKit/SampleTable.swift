public import Model

/// A table that the kit asks for; columns have the system's plain type of the kind.
public struct SampleTable: Sendable, Hashable {
    public var name: String
    public var columns: [SampleColumn]
    /// Names of the primary key's columns, in order.
    public var key: [String]
    /// Names of columns that are unique together.
    public var unique: [[String]]
    /// Columns with the constraint `CHECK (column >= 0)`.
    public var notNegative: [String]

    public init(
        name: String,
        columns: [SampleColumn],
        key: [String],
        unique: [[String]] = [],
        notNegative: [String] = []
    ) {
        self.name = name
        self.columns = columns
        self.key = key
        self.unique = unique
        self.notNegative = notNegative
    }

    public func index(of column: String) -> Int? {
        columns.firstIndex { $0.name == column }
    }

    /// The values of the row's key.
    func key(of row: SampleRow) -> SampleRow {
        key.compactMap { index(of: $0) }.map { row[$0] }
    }
}

public struct SampleColumn: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case bool
        /// 64 bits.
        case integer
        /// 64 bits.
        case real
        case text

        /// What discover shows of it.
        public var type: ValueType {
            switch self {
            case .bool: .bool
            case .integer: .int64
            case .real: .float64
            case .text: .text
            }
        }
    }

    public var name: String
    public var kind: Kind
    public var isNullable: Bool

    public init(_ name: String, _ kind: Kind, isNullable: Bool = true) {
        self.name = name
        self.kind = kind
        self.isNullable = isNullable
    }
}

/// One value per column of its table.
public typealias SampleRow = [SampleValue]

public enum SampleValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case real(Double)
    case text(String)
}

extension SampleTable {
    /// Contacts under an integer key, of every kind of column.
    public static func contacts(_ name: String = "contacts") -> SampleTable {
        SampleTable(
            name: name,
            columns: [
                SampleColumn("id", .integer, isNullable: false),
                SampleColumn("email", .text),
                SampleColumn("score", .real),
                SampleColumn("active", .bool),
                SampleColumn("visits", .integer),
            ],
            key: ["id"]
        )
    }

    /// The same with rules that rows can break.
    static func guarded(_ name: String = "guarded") -> SampleTable {
        var table = contacts(name)
        table.columns[1].isNullable = false
        table.unique = [["email"]]
        table.notNegative = ["visits"]
        return table
    }

    /// A row of `contacts` that is different for every number, with NULLs among them.
    static func contact(_ number: Int) -> SampleRow {
        [
            .integer(Int64(number)),
            .text("person-\(number)@example.com"),
            number % 3 == 0 ? .null : .real(Double(number) / 4),
            number % 5 == 0 ? .null : .bool(number % 2 == 0),
            number % 7 == 0 ? .null : .integer(Int64(number % 10)),
        ]
    }
}
