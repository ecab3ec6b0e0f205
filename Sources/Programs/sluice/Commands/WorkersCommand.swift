import ArgumentParser
import Client
import Model

/// `sluice workers`: the worker processes.
struct WorkersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "List the worker processes: what each does, since when, with how much memory."
    )

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let workers = try server.client().workers()
        try output.show(workers, human: Self.lines(workers))
    }

    static func lines(_ workers: [WorkerView]) -> [String] {
        guard !workers.isEmpty else { return ["no workers"] }
        var table = Table(">PID", "STATE", ">RUN", ">MEMORY", "STARTED", "DOING", "SINCE", "WORKER")
        for worker in workers {
            table.add(
                worker.pid.map { "\($0)" } ?? "",
                worker.state.rawValue,
                worker.run.map { "\($0)" } ?? "",
                Human.bytes(worker.residentBytes),
                Human.clock(worker.spawnedAt),
                Human.safe(worker.death ?? worker.doing),
                worker.since.map(Human.clock) ?? "",
                worker.incarnation.description
            )
        }
        return table.lines
    }
}
