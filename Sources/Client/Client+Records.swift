public import Model

extension Client {
    public enum ExportFormat: String, Sendable, CaseIterable {
        case csv
        case jsonl
    }

    public func records(_ query: RecordQuery) throws -> RecordPage {
        try get("/runs/\(query.run)/records", Self.parameters(query, limit: query.limit))
    }

    /// Gives every journalled record that `query` asks for to `sink`, as it comes, in pieces that end anywhere.
    ///
    /// - Parameter limit: records at most; nil: all. The limit of `query` is not looked at.
    public func export(
        _ query: RecordQuery,
        limit: Int?,
        as format: ExportFormat,
        into sink: ([UInt8]) throws -> Void
    ) throws {
        let parameters = Self.parameters(query, limit: limit) + [("format", format.rawValue)]
        try stream("/runs/\(query.run)/records", parameters, into: sink)
    }

    private static func parameters(_ query: RecordQuery, limit: Int?) -> [(String, String?)] {
        var parameters: [(String, String?)] = query.verdicts.map { ("verdict", $0.rawValue) }
        parameters += query.operations.map { ("operation", $0.rawValue) }
        parameters += query.fields.map { ("field", $0) }
        parameters += [("key", query.key), ("stream", query.stream), ("cursor", query.cursor)]
        return parameters + [("limit", limit.map { "\($0)" })]
    }
}
