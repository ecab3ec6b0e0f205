import ArgumentParser
import Model

/// `sluice release`: lets a held run go on.
struct ReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "release", abstract: "Let a held run go on.")

    @Argument(help: "The run's number or id.")
    var run: String

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let view = try server.client().release(run, actor: Console.actor)
        try output.show(view, human: ["run \(view.number) goes on (\(view.state.rawValue))"])
    }
}
