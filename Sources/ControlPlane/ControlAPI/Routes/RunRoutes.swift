import Coordinator
import Hummingbird
import Model

/// Runs: list, show, watch, release.
struct RunRoutes {
    let service: any ControlService

    static let limitMax = 1_000

    private struct Runs: Encodable {
        var runs: [RunView]
    }

    private struct Logs: Encodable {
        var lines: [LogLine]
    }

    private struct Watched: Encodable {
        var version: UInt64
        var run: RunView
    }

    func add(to api: RouterGroup<Routes.Context>) {
        api.get("runs") { request, context in
            let asked = try Asked(request, context, query: ["job", "active", "limit"])
            let runs = try await service.runs(
                job: asked.text("job"),
                activeOnly: asked.flag("active"),
                limit: asked.number("limit", in: 1...Self.limitMax) ?? 50
            )
            return try JSONReply.response(Runs(runs: runs))
        }
        api.get("runs/{run}") { request, context in
            let asked = try Asked(request, context)
            return try JSONReply.response(try await service.run(asked.path("run")))
        }
        // Answers when something has changed since the version, or after 10 s.
        api.get("runs/{run}/watch") { request, context in
            let asked = try Asked(request, context, query: ["since"])
            let since = try asked.number("since", in: 0...UInt64.max) ?? 0
            let (version, run) = try await service.watch(asked.path("run"), since: since)
            return try JSONReply.response(Watched(version: version, run: run))
        }
        api.get("runs/{run}/logs") { request, context in
            let asked = try Asked(request, context, query: ["level", "worker", "after", "limit"])
            var query = LogQuery(run: try await service.run(asked.path("run")).id)
            query.level = try asked.choices("level", LogLevel.self).min() ?? query.level
            query.worker = asked.text("worker")
            query.after = try asked.number("after", in: 0...Int64.max) ?? 0
            query.limit = try asked.number("limit", in: 1...LogQuery.limitMax) ?? query.limit
            return try JSONReply.response(Logs(lines: try await service.logs(query)))
        }
        api.post("runs/{run}/release") { request, context in
            let asked = try Asked(request, context)
            let actor = try await asked.body(ActorBody.self).actor ?? ActorBody.nobody
            return try JSONReply.response(try await service.release(asked.path("run"), actor: actor))
        }
    }
}
