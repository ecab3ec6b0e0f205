import ArgumentParser
import Client
import Model

/// `sluice release`: lets a held run go on.
struct ReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "release", abstract: "Let a held run go on.")

    @Argument(help: ArgumentHelp("The run's number or id.", valueName: "run"))
    var reference: String

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let view = try server.client().release(reference, actor: Console.actor)
        try output.show(view, human: ["run \(view.number) goes on (\(view.state.rawValue))"])
    }
}
