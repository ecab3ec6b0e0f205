import ArgumentParser
import Client
import Model

/// `sluice runs`: all runs, newest first.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "runs", abstract: "List runs, newest first.")

    @Flag(help: "Only runs that have not ended.")
    var active = false

    @Option(help: "Only of this job.")
    var job: String?

    @Option(help: "At most so many.")
    var limit = 20

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1_000).contains(limit) else { throw ValidationError("--limit is \(limit); allowed: 1 to 1000") }
    }

    func run() throws {
        try server.reading { client in
            let runs = try client.runs(job: job, activeOnly: active, limit: limit)
            try output.show(runs, human: lines(runs))
        }
    }

    private func lines(_ runs: [RunView]) -> [String] {
        guard !runs.isEmpty else { return [active ? "no run is going on" : "no runs yet"] }
        var table = Table(">RUN", "JOB", "STATE", "STARTED", ">TOOK", ">APPLIED", ">UNCHANGED", ">REJECTED", "BY")
        for run in runs {
            let took = run.startedAt.flatMap { start in run.endedAt.map { Human.duration($0.since(start)) } } ?? ""
            table.add(
                "\(run.number)",
                run.job,
                run.state.rawValue,
                Human.time(run.startedAt ?? run.createdAt),
                took,
                Human.count(run.counts.applied),
                Human.count(run.counts.unchanged),
                Human.count(run.counts.rejected),
                Human.safe(run.actor)
            )
        }
        return table.lines
    }
}
