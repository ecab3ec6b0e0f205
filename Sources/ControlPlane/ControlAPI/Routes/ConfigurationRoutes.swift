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
    }

    func add(to api: RouterGroup<Routes.Context>) {
        api.post("apply") { request, context in
            let body = try await Asked(request, context).body(ApplyBody.self)
            let apply = ApplyRequest(connections: body.connections, jobs: body.jobs)
            let reply = try await service.apply(apply, actor: body.actor ?? ActorBody.nobody)
            return try JSONReply.response(reply)
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
