import Coordinator
import HTTPTypes
import Hummingbird
import Model

/// Jobs: list, show, what they could not write, pause, resume, sync.
struct JobRoutes {
    let service: any ControlService

    private struct Jobs: Encodable {
        var jobs: [JobView]
    }

    private struct Retries: Encodable {
        var records: [RetryView]
    }

    private struct SyncBody: Decodable {
        var actor: String?
        var trigger: String?
    }

    func add(to api: RouterGroup<Routes.Context>) {
        api.get("jobs") { request, context in
            _ = try Asked(request, context)
            return try JSONReply.response(Jobs(jobs: try await service.jobs()))
        }
        api.get("jobs/{job}") { request, context in
            let asked = try Asked(request, context)
            return try JSONReply.response(try await service.job(asked.path("job")))
        }
        api.get("jobs/{job}/retries") { request, context in
            let asked = try Asked(request, context, query: ["limit"])
            let limit = try asked.number("limit", in: 1...RecordQuery.limitMax) ?? RecordQuery.limitMax
            return try JSONReply.response(
                Retries(records: try await service.retries(job: asked.path("job"), limit: limit))
            )
        }
        for (verb, paused) in [("pause", true), ("resume", false)] {
            api.post("jobs/{job}/\(verb)") { request, context in
                let asked = try Asked(request, context)
                let actor = try await asked.body(ActorBody.self).actor ?? ActorBody.nobody
                let view = try await service.pause(job: asked.path("job"), paused: paused, actor: actor)
                return try JSONReply.response(view)
            }
        }
        api.post("jobs/{job}/sync") { request, context in
            let asked = try Asked(request, context)
            let body = try await asked.body(SyncBody.self)
            let sync = SyncRequest(actor: body.actor ?? ActorBody.nobody, trigger: body.trigger ?? "api")
            let run = try await service.sync(job: asked.path("job"), sync)
            return try JSONReply.response(run, status: .created)
        }
    }
}
