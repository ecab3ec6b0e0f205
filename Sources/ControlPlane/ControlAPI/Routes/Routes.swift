import Coordinator
import Hummingbird
import HummingbirdCore
import Model

/// All routes of the API.
///
///     GET  /api/v1                                 what answers here
///     POST /api/v1/apply                           ConfigurationRoutes
///     POST /api/v1/connections/NAME/check|discover|freeze|unfreeze
///     GET  /api/v1/freezes
///     GET  /api/v1/jobs[/NAME[/retries]]           JobRoutes
///     POST /api/v1/jobs/NAME/pause|resume|sync
///     GET  /api/v1/runs[/RUN[/watch|logs]]         RunRoutes
///     POST /api/v1/runs/RUN/release
///     GET  /api/v1/runs/RUN/cancel                 CancelRoute: what it would mean now
///     POST /api/v1/runs/RUN/cancel
///     GET  /api/v1/runs/RUN/records                RecordRoute
///     GET  /api/v1/workers                         WorkerRoutes
///     POST /api/v1/workers/WORKER/kill
///
/// NAME is a job or connection, RUN a number or id, WORKER a pid, incarnation or a prefix of it.
enum Routes {
    typealias Context = BasicRequestContext

    private struct About: Encodable {
        var product = "sluice"
        var api = 1
    }

    static func router(for service: any ControlService) -> Router<Context> {
        let router = Router(context: Context.self)
        let api = router.group("/api/v1")
        api.get("") { _, _ in try JSONReply.response(About()) }
        ConfigurationRoutes(service: service).add(to: api)
        JobRoutes(service: service).add(to: api)
        RunRoutes(service: service).add(to: api)
        CancelRoute(service: service).add(to: api)
        RecordRoute(service: service).add(to: api)
        WorkerRoutes(service: service).add(to: api)
        return router
    }
}
