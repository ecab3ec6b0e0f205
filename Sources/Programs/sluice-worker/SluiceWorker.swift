import ArgumentParser
import Model
import Worker

/// A worker process, started by a supervisor and by nobody else.
@main
struct SluiceWorker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-worker",
        abstract: "Executes batches of one run for a coordinator. A supervisor starts it."
    )

    @Option(help: ArgumentHelp("Where the coordinator hands out work.", valueName: "endpoint"))
    var work: String

    @Option(help: ArgumentHelp("The coordinator's control channel.", valueName: "endpoint"))
    var control: String

    @Option(help: ArgumentHelp("Of this process.", valueName: "hex"))
    var incarnation: Incarnation

    @Option(help: ArgumentHelp("Incarnation of the supervisor.", valueName: "hex"))
    var supervisor: Incarnation

    @Option(help: ArgumentHelp("A pipe that ends with the supervisor.", valueName: "fd"))
    var lifeline: Int32

    @Option(help: ArgumentHelp("The locked lock file of this worker.", valueName: "fd"))
    var lock: Int32

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let isUsage = exitCode(for: error) == .validationFailure
            let text = fullMessage(for: error)
            isUsage ? writeError(text) : print(text)
            exitProcess(isUsage ? 2 : exitCode(for: error).rawValue)
        }
    }

    func run() throws {
        WorkerProcess.run(
            WorkerArguments(
                work: work,
                control: control,
                incarnation: incarnation,
                supervisor: supervisor,
                lifeline: lifeline,
                lock: lock
            )
        )
    }
}

extension Identifier: @retroactive ExpressibleByArgument where Tag == ProcessTag {
    public init?(argument: String) {
        self.init(argument)
    }
}
