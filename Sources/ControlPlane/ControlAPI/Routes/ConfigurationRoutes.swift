import Coordinator
import Hummingbird
import Model

/// `apply`, and the questions to the systems that are configured.
struct ConfigurationRoutes {
    let service: any ControlService

    private struct ApplyBody: Decodable {
        var connections: [ConnectionSpec]
        var jobs: [JobSpec]
        var actor: String?
        var dryRun: Bool?
    }

    private struct Freezes: Encodable {
        var freezes: [FreezeRecord]
    }

    private struct FreezeBody: Decodable {
        var actor: String?
        var reason: String?
    }

    func add(to api: RouterGroup<Routes.Context>) {
        api.post("apply") { request, context in
            let body = try await Asked(request, context).body(ApplyBody.self)
            let apply = ApplyRequest(
                connections: body.connections,
                jobs: body.jobs,
                dryRun: body.dryRun ?? false
            )
            let reply = try await service.apply(apply, actor: body.actor ?? ActorBody.nobody)
            return try JSONReply.response(reply)
        }
        api.get("freezes") { request, context in
            _ = try Asked(request, context)
            return try JSONReply.response(Freezes(freezes: try await service.freezes()))
        }
        api.post("connections/{connection}/freeze") { request, context in
            let asked = try Asked(request, context)
            let body = try await asked.body(FreezeBody.self)
            let actor = body.actor ?? ActorBody.nobody
            let name = try asked.path("connection")
            return try JSONReply.response(
                try await service.freeze(connection: name, actor: actor, reason: body.reason)
            )
        }
        api.post("connections/{connection}/unfreeze") { request, context in
            let asked = try Asked(request, context)
            let actor = try await asked.body(ActorBody.self).actor ?? ActorBody.nobody
            let name = try asked.path("connection")
            return try JSONReply.response(try await service.unfreeze(connection: name, actor: actor))
        }
        api.post("connections/{connection}/check") { request, context in
            let asked = try Asked(request, context)
            return try JSONReply.response(try await service.check(connection: asked.path("connection")))
        }
        api.post("connections/{connection}/discover") { request, context in
            let asked = try Asked(request, context, query: ["stream"])
            let connection = try asked.path("connection")
            let report = try await service.discover(connection: connection, stream: asked.text("stream"))
            return try JSONReply.response(report)
        }
    }
}
