import Coordinator
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Model
import NIOCore

/// The journal of a run: a page as JSON, or everything as a stream of CSV or JSON Lines.
struct RecordRoute {
    let service: any ControlService

    private static let conditions: Set<String> = ["verdict", "operation", "field", "key", "stream", "limit"]
    /// Records that an export asks for at a time.
    private static let exportPage = 2_000

    func add(to api: RouterGroup<Routes.Context>) {
        api.get("runs/{run}/records") { request, context in
            let asked = try Asked(request, context, query: Self.conditions.union(["cursor", "format"]))
            let run = try await service.run(asked.path("run"))
            var query = RecordQuery(
                run: run.id,
                verdicts: try asked.choices("verdict", Verdict.self),
                operations: try asked.choices("operation", RecordOperation.self),
                fields: asked.texts("field"),
                key: asked.text("key"),
                stream: asked.text("stream"),
                cursor: asked.text("cursor")
            )
            if let text = asked.text("format"), text != "json" {
                guard let format = RecordExport.Format(rawValue: text) else {
                    throw SluiceError(.invalid, "format is \"\(text)\"; allowed: json, csv, jsonl")
                }
                return try await export(query, limit: try asked.number("limit", in: 1...Int.max), as: format)
            }
            query.limit = try asked.number("limit", in: 1...RecordQuery.limitMax) ?? query.limit
            return try JSONReply.response(try await service.records(query))
        }
    }

    /// The first page is read before the head is sent, so that what is wrong with the query has its status; a failure later
    /// breaks the connection off, which the client sees by the missing last chunk.
    private func export(
        _ query: RecordQuery,
        limit: Int?,
        as format: RecordExport.Format
    ) async throws -> Response {
        let export = RecordExport(format: format)
        var query = query
        query.limit = min(limit ?? Self.exportPage, Self.exportPage)
        let start = query
        let first = try await service.records(query)
        let body = ResponseBody { writer in
            try await writer.write(ByteBuffer(string: export.header))
            var query = start
            var page = first
            var left = limit ?? Int.max
            while true {
                var lines = ""
                for record in page.records.prefix(left) { lines += export.lines(of: record) }
                left -= page.records.count
                if !lines.isEmpty { try await writer.write(ByteBuffer(string: lines)) }
                guard let cursor = page.cursor, left > 0 else { break }
                query.cursor = cursor
                query.limit = min(left, Self.exportPage)
                page = try await service.records(query)
            }
            try await writer.finish(nil)
        }
        let type = format == .csv ? "text/csv; charset=utf-8; header=present" : "application/jsonl; charset=utf-8"
        return Response(status: .ok, headers: [.contentType: type, .cacheControl: "no-store"], body: body)
    }
}
