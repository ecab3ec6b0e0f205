import Model

/// Rows of some columns out of CSV records.
final class CSVDecoder: RecordDecoder {
    private let dialect: CSVDialect
    /// Fields of every record.
    private let width: Int
    /// Where the wanted columns are in a record, and what they are.
    private let columns: [(place: Int, description: ColumnDescription)]
    private var fields: [CSVField] = []
    private var scratch: [UInt8] = []

    init(_ dialect: CSVDialect, width: Int, columns: [(place: Int, description: ColumnDescription)]) {
        self.dialect = dialect
        self.width = width
        self.columns = columns
    }

    func decode(_ record: FileRecord, into batch: inout RowBatch) {
        if let fault = fault(of: record) { return reject(record, fault, into: &batch) }
        CSVField.split(record, dialect, into: &fields)
        guard fields.count == width else {
            let found = fields.count == 1 ? "1 field" : "\(fields.count) fields"
            return reject(record, "\(found), expected are \(width)", into: &batch)
        }
        var rejection: Rejection?
        for (place, column) in columns {
            let field = fields[place]
            let raw = UnsafeRawBufferPointer(rebasing: record.bytes[field.start..<field.end])
            if !field.isQuoted, raw.elementsEqual(dialect.null) {
                batch.appendNull()
                continue
            }
            scratch.removeAll(keepingCapacity: true)
            var value = raw
            if field.hasDoubledQuotes, let quote = dialect.quote {
                CSVField.unquote(raw, quote, into: &scratch)
                value = UnsafeRawBufferPointer(start: nil, count: 0)
            }
            do throws(ValueError) {
                try append(value, column.type, to: &batch)
            } catch {
                batch.appendNull()
                if rejection == nil {
                    rejection = Rejection(code: "invalid_value", field: column.name, reason: error.description)
                }
            }
        }
        batch.endRow(line: record.line, rejection: rejection)
    }

    /// - Parameter raw: the value; or empty, and it is in `scratch`.
    private func append(
        _ raw: UnsafeRawBufferPointer,
        _ type: ValueType,
        to batch: inout RowBatch
    ) throws(ValueError) {
        if type == .text {
            if scratch.isEmpty { batch.append(raw) } else { batch.append(scratch) }
            return
        }
        var value: [UInt8] = []
        if scratch.isEmpty {
            try ValueText.parse(raw, as: type, into: &value)
        } else {
            try ValueText.parse(String(decoding: scratch, as: UTF8.self), as: type, into: &value)
        }
        batch.append(value)
    }
}

/// The place of a field's value in a record, between its quotes if it has any.
struct CSVField {
    var start: Int
    var end: Int
    var isQuoted: Bool
    var hasDoubledQuotes: Bool

    /// The fields of a record whose quoting is right.
    static func split(_ record: FileRecord, _ dialect: CSVDialect, into fields: inout [CSVField]) {
        let bytes = record.bytes
        let quote = record.hasQuotes ? dialect.quote : nil
        fields.removeAll(keepingCapacity: true)
        var place = 0
        while true {
            var field = CSVField(start: place, end: place, isQuoted: false, hasDoubledQuotes: false)
            if let quote, place < bytes.count, bytes[place] == quote {
                field.isQuoted = true
                field.start += 1
                place += 1
                while place < bytes.count {
                    if bytes[place] == quote {
                        guard place + 1 < bytes.count, bytes[place + 1] == quote else { break }
                        field.hasDoubledQuotes = true
                        place += 1
                    }
                    place += 1
                }
                field.end = place
                place += 1
            } else {
                while place < bytes.count, bytes[place] != dialect.delimiter { place += 1 }
                field.end = place
            }
            fields.append(field)
            guard place < bytes.count else { return }
            place += 1
        }
    }

    /// Takes one of each two quotes.
    static func unquote(_ raw: UnsafeRawBufferPointer, _ quote: UInt8, into text: inout [UInt8]) {
        var isSecond = false
        for byte in raw {
            isSecond = byte == quote && !isSecond
            if !isSecond { text.append(byte) }
        }
    }
}
