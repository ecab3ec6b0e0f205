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
        api.post("runs/{run}/release") { request, context in
            let asked = try Asked(request, context)
            let actor = try await asked.body(ActorBody.self).actor ?? ActorBody.nobody
            return try JSONReply.response(try await service.release(asked.path("run"), actor: actor))
        }
    }
}
