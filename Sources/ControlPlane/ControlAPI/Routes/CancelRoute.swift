import Coordinator
import HTTPTypes
import Hummingbird
import Model

/// Where a cancel comes in. The answer is given once the cancel is durable.
struct CancelRoute {
    let service: any ControlService

    private struct Body: Decodable {
        var mode: CancelMode?
        var actor: String?
        var reason: String?
        var deadlineSeconds: Double?
        var pause: Bool?
        var streams: [String]?
    }

    static let deadlineSecondsMax = 24.0 * 3600

    func add(to api: RouterGroup<Routes.Context>) {
        api.get("runs/{run}/cancel") { request, context in
            let asked = try Asked(request, context)
            return try JSONReply.response(try await service.cancelPreview(asked.path("run")))
        }
        api.post("runs/{run}/cancel") { request, context in
            let asked = try Asked(request, context)
            let body = try await asked.body(Body.self)
            if let seconds = body.deadlineSeconds, !(0...Self.deadlineSecondsMax).contains(seconds) {
                throw SluiceError(
                    .invalid,
                    "deadline_seconds is \(seconds); allowed: 0 to \(Int(Self.deadlineSecondsMax))"
                )
            }
            let cancel = CancelRequest(
                mode: body.mode ?? .graceful,
                actor: body.actor ?? ActorBody.nobody,
                reason: body.reason,
                deadlineSeconds: body.deadlineSeconds,
                pause: body.pause,
                streams: body.streams ?? []
            )
            return try JSONReply.response(try await service.cancel(asked.path("run"), cancel))
        }
    }
}
