import Model

/// Writes journalled records as lines, for export: by hand, because an export may have a million of them.
struct RecordExport {
    enum Format: String, CaseIterable {
        case csv
        case jsonl
    }

    let format: Format

    /// The first line of the export; nothing for JSON Lines.
    var header: String {
        switch format {
        case .csv:
            "stream,target,key,operation,verdict,field,before,after,rejection_code,rejection_field,"
                + "rejection_reason,batch,write,at\r\n"
        case .jsonl: ""
        }
    }

    func lines(of record: RecordView) -> String {
        switch format {
        case .csv: csv(record)
        case .jsonl: json(record)
        }
    }

    // One line per changed field (RFC 4180); a record without changes has one line. NULL is an empty field, the empty text is
    // a quoted one, as PostgreSQL's COPY writes and reads it.
    private func csv(_ record: RecordView) -> String {
        let changes: [FieldChange?] = record.changes.isEmpty ? [nil] : record.changes
        let before: [String?] = [
            record.stream, record.target, record.key, record.operation.rawValue, record.verdict.rawValue,
        ]
        let after: [String?] = [
            record.rejectionCode, record.rejectionField, record.rejectionReason, record.batch.description,
            record.write?.description, record.at.map { String($0.microseconds) },
        ]
        return changes.map { change in
            (before + [change?.field, change?.before, change?.after] + after).map(cell).joined(separator: ",")
                + "\r\n"
        }.joined()
    }

    private func cell(_ text: String?) -> String {
        guard let text else { return "" }
        let isPlain = !text.isEmpty && !text.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
        return isPlain ? text : "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    private func json(_ record: RecordView) -> String {
        var line = "{\"stream\":" + quoted(record.stream) + ",\"target\":" + quoted(record.target)
        line += ",\"key\":" + quoted(record.key)
        line += ",\"operation\":\"\(record.operation.rawValue)\",\"verdict\":\"\(record.verdict.rawValue)\""
        line += ",\"changes\":["
        for (index, change) in record.changes.enumerated() {
            if index > 0 { line += "," }
            line += "{\"field\":" + quoted(change.field) + ",\"before\":" + quoted(change.before)
            line += ",\"after\":" + quoted(change.after) + "}"
        }
        line += "]"
        if let code = record.rejectionCode { line += ",\"rejection_code\":" + quoted(code) }
        if let field = record.rejectionField { line += ",\"rejection_field\":" + quoted(field) }
        if let reason = record.rejectionReason { line += ",\"rejection_reason\":" + quoted(reason) }
        line += ",\"batch\":\"\(record.batch)\""
        if let write = record.write { line += ",\"write\":\"\(write)\"" }
        if let at = record.at { line += ",\"at\":\(at.microseconds)" }
        return line + "}\n"
    }

    private func quoted(_ text: String?) -> String {
        guard let text else { return "null" }
        var bytes: [UInt8] = [0x22]
        bytes.reserveCapacity(text.utf8.count + 2)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C:
                bytes += [0x5C, byte]
            case 0x0A:
                bytes += [0x5C, UInt8(ascii: "n")]
            case 0x0D:
                bytes += [0x5C, UInt8(ascii: "r")]
            case 0x09:
                bytes += [0x5C, UInt8(ascii: "t")]
            case 0..<0x20, 0x7F:
                bytes += Array("\\u00".utf8) + [Self.digits[Int(byte >> 4)], Self.digits[Int(byte & 15)]]
            default:
                bytes.append(byte)
            }
        }
        bytes.append(0x22)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
