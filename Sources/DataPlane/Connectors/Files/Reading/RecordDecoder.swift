import Model

/// Makes rows of records.
protocol RecordDecoder: AnyObject {
    /// Appends one row; of a record that is none, or holds a value that does not fit, with its rejection.
    func decode(_ record: FileRecord, into batch: inout RowBatch)
}

extension RecordDecoder {
    /// A row of which nothing is known but where it is and what is wrong.
    func reject(_ record: FileRecord, _ reason: String, into batch: inout RowBatch) {
        for _ in 0..<batch.width { batch.appendNull() }
        let start = String(decoding: record.bytes.prefix(4 * ValueError.textMax), as: UTF8.self)
        let shown = start.prefix(ValueError.textMax).map { $0.isNewline ? " " : $0 }
        let text = record.bytes.isEmpty ? "" : ": \"\(String(shown))\(shown.count < start.count ? "…" : "")\""
        batch.endRow(
            line: record.line,
            rejection: Rejection(code: "malformed", field: "", reason: reason + text)
        )
    }

    /// What is wrong with any record of a text file.
    func fault(of record: FileRecord) -> String? {
        record.fault ?? (UTF8Check.isValid(record.bytes) ? nil : "not UTF-8")
    }
}

enum UTF8Check {
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // Mostly ASCII, eight bytes at a time.
        var place = 0
        while place + 8 <= bytes.count {
            guard bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 else {
                break
            }
            place += 8
        }
        guard place < bytes.count else { return true }
        return String(validating: bytes[place...], as: UTF8.self) != nil
    }
}
