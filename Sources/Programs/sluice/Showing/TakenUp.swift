import Client
import Model

/// A run that a server found interrupted when it started, and what became of it.
struct TakenUp: Encodable {
    var run: Int
    var job: String
    var state: RunState
    /// Why it is held, or what it waits for.
    var reason: String?

    /// Every run that has not ended, oldest first: of a server that has just started those are the ones it took up.
    static func list(of client: Client) throws -> [TakenUp] {
        try client.runs(job: nil, activeOnly: true, limit: 1_000).reversed().map { run in
            TakenUp(run: run.number, job: run.job, state: run.state, reason: run.blockedOn ?? run.reason)
        }
    }

    /// `taken up: run 5 of contacts, held: run 5 is of version 1 of the job, …`
    var line: String {
        "taken up: run \(run) of \(job), \(state.rawValue)" + (reason.map { ": \(Human.safe($0))" } ?? "")
    }
}
