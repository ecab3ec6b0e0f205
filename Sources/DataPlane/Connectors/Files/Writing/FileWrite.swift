import Model

/// The files that one write is going to make, in memory.
struct FileWrite {
    /// The content of each, before compression; empty: no record is left to be written.
    private(set) var files: [[UInt8]] = []
    private(set) var plans: [RowPlan] = []
    private(set) var rejections: [Int: Rejection]

    init(
        _ rows: RowBatch,
        rejections: [Int: Rejection],
        by encoder: some RowEncoder,
        rollingAt limit: (records: Int, bytes: Int)
    ) {
        self.rejections = rejections
        var file: [UInt8] = []
        var records = 0
        for row in 0..<rows.count {
            guard rejections[row] == nil else {
                plans.append(.reject)
                continue
            }
            if records >= limit.records || (records > 0 && file.count >= limit.bytes) {
                files.append(file)
                records = 0
            }
            if records == 0 { file = encoder.head }
            let mark = file.count
            if let rejection = encoder.append(row, of: rows, to: &file) {
                file.removeLast(file.count - mark)
                self.rejections[row] = rejection
                plans.append(.reject)
            } else {
                plans.append(.insert)
                records += 1
            }
        }
        if records > 0 { files.append(file) }
    }
}
