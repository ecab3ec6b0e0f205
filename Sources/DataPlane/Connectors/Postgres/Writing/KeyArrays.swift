import Drivers

/// Columns of a batch as arrays for `unnest`, the key's unless others are named.
struct KeyArrays {
    let parameters: [PostgresParameter]
    /// The row of the batch for each place in the arrays; nil: the same.
    let rows: [Int]?

    init(_ batch: RowBatch, plan: PostgresTargetPlan, skipping rejections: [Int: Rejection]) {
        if rejections.isEmpty {
            self.init(batch, plan: plan, rows: nil)
        } else {
            self.init(batch, plan: plan, rows: (0..<batch.count).filter { rejections[$0] == nil })
        }
    }

    init(_ batch: RowBatch, plan: PostgresTargetPlan, only rows: [Int], columns: [Int]? = nil) {
        self.init(batch, plan: plan, rows: rows, columns: columns)
    }

    private init(_ batch: RowBatch, plan: PostgresTargetPlan, rows: [Int]?, columns: [Int]? = nil) {
        self.rows = rows
        let count = rows?.count ?? batch.count
        parameters = (columns ?? plan.key).map { column in
            let type = plan.fields[column].type
            // Binary form of an array: dimensions, has-null flag, element type, length, lower bound, elements.
            var bytes: [UInt8] = []
            bytes.reserveCapacity(20 + count * 16)
            func put(_ value: Int32) {
                withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
            }
            put(count == 0 ? 0 : 1)
            put(0)
            put(Int32(bitPattern: type.isForeign ? PostgresType.text : type.oid))
            if count > 0 {
                put(Int32(count))
                put(1)
            }
            for place in 0..<count {
                batch.withField(row: rows?[place] ?? place, column: column) { value in
                    put(value.map { Int32($0.count) } ?? -1)
                    if let value { bytes.append(contentsOf: value) }
                }
            }
            return .binary(bytes, type: 0)
        }
    }
}
