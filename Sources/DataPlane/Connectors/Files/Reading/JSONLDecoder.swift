import Model

/// Rows of some columns out of lines that hold a JSON object each.
///
/// A member that is missing or null is NULL. A string is read as its column's type reads a text; numbers, true and false
/// as they are spelled. Objects and arrays are values of `json` and `jsonb`, and of `text` in their JSON form. A column of type
/// `json` holds every value as it stands. Members that are no column are not read.
final class JSONLDecoder: RecordDecoder {
    private let columns: [ColumnDescription]
    private let places: [String: Int]
    private var values: [UnsafeRawBufferPointer?]
    private var scratch: [UInt8] = []

    init(columns: [ColumnDescription]) {
        self.columns = columns
        places = Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($1.name, $0) })
        values = Array(repeating: nil, count: columns.count)
    }

    func decode(_ record: FileRecord, into batch: inout RowBatch) {
        if let fault = JSONLine.fault(of: record, self, &scratch) { return reject(record, fault, into: &batch) }
        for place in values.indices { values[place] = nil }
        var twice: String?
        JSONMembers.forEach(in: record.bytes) { name, value in
            guard let name = JSONLine.name(name), let place = places[name] else { return }
            if values[place] != nil { twice = name }
            values[place] = value
        }
        if let twice { return reject(record, "member \"\(twice)\" is there twice", into: &batch) }
        var rejection: Rejection?
        for (place, column) in columns.enumerated() {
            guard let value = values[place], JSONKind(of: value) != .null else {
                batch.appendNull()
                continue
            }
            do throws(ValueError) {
                scratch.removeAll(keepingCapacity: true)
                try parse(value, as: column.type)
                batch.append(scratch)
            } catch {
                batch.appendNull()
                if rejection == nil {
                    rejection = Rejection(code: "invalid_value", field: column.name, reason: error.description)
                }
            }
        }
        batch.endRow(line: record.line, rejection: rejection)
    }

    private func shown(_ value: UnsafeRawBufferPointer) -> String {
        String(decoding: value.prefix(4 * ValueError.textMax), as: UTF8.self)
    }

    /// Puts the value's canonical bytes into `scratch`.
    private func parse(_ value: UnsafeRawBufferPointer, as type: ValueType) throws(ValueError) {
        let kind = JSONKind(of: value)
        if type == .json || type == .jsonBinary {
            return try ValueText.parse(value, as: type, into: &scratch)
        }
        guard kind == .string else {
            if kind == .container, type != .text {
                throw ValueError(type: type, text: shown(value), reason: "it is a JSON object or array")
            }
            return try ValueText.parse(value, as: type, into: &scratch)
        }
        var text: [UInt8] = []
        guard JSONMembers.unescape(UnsafeRawBufferPointer(rebasing: value.dropFirst().dropLast()), into: &text) else {
            throw ValueError(type: type, text: shown(value), reason: "half of a surrogate pair")
        }
        if type == .text {
            swap(&scratch, &text)
        } else {
            try ValueText.parse(String(decoding: text, as: UTF8.self), as: type, into: &scratch)
        }
    }
}

enum JSONLine {
    /// Why a line is no JSON object.
    static func fault(
        of record: FileRecord,
        _ decoder: some RecordDecoder,
        _ scratch: inout [UInt8]
    ) -> String? {
        if let fault = decoder.fault(of: record) { return fault }
        scratch.removeAll(keepingCapacity: true)
        do throws(ValueError) {
            try ValueText.parse(record.bytes, as: .json, into: &scratch)
        } catch {
            return "no JSON: \(error.reason)"
        }
        let first = record.bytes.first { ![32, 9, 13].contains($0) }
        return first == UInt8(ascii: "{") ? nil : "no JSON object"
    }

    /// A member's name; nil for one that is no text.
    static func name(_ raw: UnsafeRawBufferPointer) -> String? {
        guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
        var text: [UInt8] = []
        return JSONMembers.unescape(raw, into: &text) ? String(decoding: text, as: UTF8.self) : nil
    }
}
