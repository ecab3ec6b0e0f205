import ArgumentParser
import Client
import Model

/// `sluice kill`: ends one worker process.
struct KillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill",
        abstract: "Kill one stuck worker process. Its run goes on with another.",
        discussion: "Returns once the death is proven. What the worker was writing is looked up at the destination."
    )

    @Argument(help: "The worker's pid, its id, or the beginning of its id (\"sluice workers\").")
    var worker: String

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let view = try server.client().kill(worker: worker, actor: Console.actor)
        let name = view.pid.map { "worker \($0)" } ?? "worker \(view.incarnation)"
        let death = view.death.map { ": \(Human.safe($0))" } ?? ""
        let run = view.run.map { "; run \($0) goes on with another" } ?? ""
        try output.show(view, human: ["\(name) is dead\(death)\(run)"])
    }
}
