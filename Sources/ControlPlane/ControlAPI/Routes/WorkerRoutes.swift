import Coordinator
import Hummingbird
import Model

/// Worker processes: list, kill.
struct WorkerRoutes {
    let service: any ControlService

    private struct Workers: Encodable {
        var workers: [WorkerView]
    }

    func add(to api: RouterGroup<Routes.Context>) {
        api.get("workers") { request, context in
            _ = try Asked(request, context)
            return try JSONReply.response(Workers(workers: try await service.workers()))
        }
        // Answers once the death is proven.
        api.post("workers/{worker}/kill") { request, context in
            let asked = try Asked(request, context)
            let actor = try await asked.body(ActorBody.self).actor ?? ActorBody.nobody
            return try JSONReply.response(try await service.kill(worker: asked.path("worker"), actor: actor))
        }
    }
}
