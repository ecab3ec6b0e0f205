import ArgumentParser
import Glibc
import Model
import Supervision
import Wire

/// `sluice supervisor`: the process that owns the worker processes; `serve` and `run` start it.
struct SupervisorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "supervisor",
        abstract: "Own worker processes for a coordinator; started by serve and run.",
        shouldDisplay: false
    )

    @Option(help: "Endpoint for supervisors.")
    var fleet: String

    @Option(help: "Endpoint for workers.")
    var work: String

    @Option(help: "Endpoint of the control channel.")
    var control: String

    @Option(help: "File descriptor whose end of file means that the coordinator is gone.")
    var lifeline: Int32

    @Option(help: "Worker processes at most.")
    var slots: Int

    @Option(help: "The worker's executable.")
    var worker: String

    @Option(name: .customLong("lock-directory"), help: "Where workers keep their lock files.")
    var lockDirectory: String

    @Option(help: "This process's id, 32 hexadecimal digits.")
    var incarnation: String

    func run() throws {
        guard let incarnation = Incarnation(incarnation) else {
            throw ValidationError("--incarnation \(incarnation) is not an id of 32 hexadecimal digits")
        }
        // A supervisor ends when its coordinator does; Ctrl-C in the coordinator's terminal is the coordinator's affair.
        signal(SIGINT, SIG_IGN)
        _ = try runSupervisor(
            SupervisorSettings(
                incarnation: incarnation,
                endpoints: Endpoints(work: work, fleet: fleet, control: control),
                workerPath: worker,
                lockDirectory: lockDirectory,
                lifeline: lifeline,
                slots: slots
            )
        )
    }
}
