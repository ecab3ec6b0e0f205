import Drivers

/// The rows that the destination holds for the keys of a batch, with the tuple versions they were read in.
struct ExistingRows {
    /// All target fields of the rows found, in the order found.
    private(set) var fields: RowBatch
    /// For each row of the batch its place in `fields`; -1: no such row.
    private(set) var places: [Int32]
    /// `ctid` of each row found, 6 bytes each.
    private(set) var tuples: [UInt8] = []
    /// `xmin` of each row found, 4 bytes each.
    private(set) var versions: [UInt8] = []
    /// `tableoid` of each row found, 4 bytes each.
    private(set) var tables: [UInt8] = []

    /// Columns in front of the fields: row number (from 1), ctid, xmin, tableoid.
    static let leading = 4
    static let version = "d.ctid, d.xmin, d.tableoid"

    /// None of them.
    init(rows: Int, width: Int) {
        fields = RowBatch(width: width)
        places = Array(repeating: -1, count: rows)
    }

    /// From a look-up of keys, which numbers them from 1.
    ///
    /// - Parameter numbered: the row of the batch for each number, less one; nil: the number, less one.
    init(_ result: PostgresResult, rows: Int, width: Int, numbered: [Int]?) {
        let owners: [Int?] = withExtendedLifetime(result) {
            (0..<result.rows).map { row in
                result.unsafeField(row: row, column: 0).map { number in
                    let place = Int(number.loadUnaligned(as: Int64.self).bigEndian) - 1
                    return numbered?[place] ?? place
                }
            }
        }
        self.init(result, rows: rows, width: width, owners: owners)
    }

    /// - Parameter owners: for each row of the result the row of the batch; nil: nobody's.
    init(_ result: PostgresResult, rows: Int, width: Int, owners: [Int?]) {
        fields = RowBatch(width: width)
        places = Array(repeating: -1, count: rows)
        let found = result.rows
        tuples.reserveCapacity(found * 6)
        versions.reserveCapacity(found * 4)
        tables.reserveCapacity(found * 4)
        fields.reserve(rows: found, bytes: found * 64)
        withExtendedLifetime(result) {
            for row in 0..<found {
                guard let owner = owners[row],
                    let tuple = result.unsafeField(row: row, column: 1),
                    let version = result.unsafeField(row: row, column: 2),
                    let table = result.unsafeField(row: row, column: 3)
                else { continue }
                places[owner] = Int32(fields.count)
                tuples.append(contentsOf: tuple)
                versions.append(contentsOf: version)
                tables.append(contentsOf: table)
                fields.append(result, row: row, from: Self.leading)
            }
        }
    }

    /// Some of the rows, sharing their bytes.
    func selecting(_ chosen: [Int32]) -> RowBatch {
        if chosen.count == fields.count, chosen.enumerated().allSatisfy({ $0 == Int($1) }) { return fields }
        return fields.selecting(chosen)
    }
}

extension RowBatch {
    /// The rows of an answer in binary form.
    init(_ result: PostgresResult, width: Int) {
        self.init(width: width)
        reserve(rows: result.rows, bytes: result.rows * 64)
        for row in 0..<result.rows { append(result, row: row, from: 0) }
    }

    /// One row of an answer, from a column on.
    fileprivate mutating func append(_ result: PostgresResult, row: Int, from first: Int) {
        withExtendedLifetime(result) {
            for column in first..<(first + width) {
                if let value = result.unsafeField(row: row, column: column) {
                    append(value)
                } else {
                    appendNull()
                }
            }
        }
        endRow()
    }
}
