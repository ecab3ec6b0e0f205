import ArgumentParser
import Foundation
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
    var incarnation: ProcessName

    @Option(help: ArgumentHelp("Incarnation of the supervisor.", valueName: "hex"))
    var supervisor: ProcessName

    @Option(help: ArgumentHelp("A pipe that ends with the supervisor.", valueName: "fd"))
    var lifeline: Int32

    @Option(help: ArgumentHelp("The locked lock file of this worker.", valueName: "fd"))
    var lock: Int32

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let code = exitCode(for: error)
            let isUsage = code == .validationFailure
            let stream = isUsage ? FileHandle.standardError : .standardOutput
            stream.write(Data((fullMessage(for: error) + "\n").utf8))
            Foundation.exit(isUsage ? 2 : code.rawValue)
        }
    }

    func run() throws {
        WorkerProcess.run(
            WorkerArguments(
                work: work,
                control: control,
                incarnation: incarnation.id,
                supervisor: supervisor.id,
                lifeline: lifeline,
                lock: lock
            )
        )
    }
}

/// 32 hexadecimal digits on the command line.
struct ProcessName: ExpressibleByArgument {
    let id: Incarnation

    init?(argument: String) {
        guard let id = Incarnation(argument) else { return nil }
        self.id = id
    }
}
