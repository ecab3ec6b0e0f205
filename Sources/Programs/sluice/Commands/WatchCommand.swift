import ArgumentParser
import Client
import Model

/// `sluice watch`: follows a run.
struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follow a run until it ends or is held, then show its receipt.",
        discussion: """
            With --output json: one line for every change. Leaves with the code of the run's state: 0 completed, 1 failed, \
            3 cancelled, 4 held.
            """
    )

    @Argument(help: ArgumentHelp("The run's number or id.", valueName: "run"))
    var reference: String

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let watching = Watching(client: try server.client(), output: output, suffix: server.suffix)
        try watching.toTheEnd(of: reference, isStream: true)
    }
}
