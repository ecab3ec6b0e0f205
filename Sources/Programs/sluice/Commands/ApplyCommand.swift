import ArgumentParser
import Client
import JobConfiguration
import Model

/// `sluice apply`: creates or updates connections and jobs.
struct ApplyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Create or update connections and jobs from a configuration; says what changes.",
        discussion:
            "All of it is applied, or nothing. A job that changes gets a new version; runs keep the one they began with. What "
            + "differs is shown field by field; passwords never are."
    )

    @Flag(help: "Only show what would change; change nothing.")
    var dryRun = false

    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let configuration = try file.load()
        let request = ApplyRequest(
            connections: configuration.connections,
            jobs: configuration.jobs,
            dryRun: dryRun
        )
        let reply = try server.client().apply(request, actor: Console.actor)
        var lines = reply.lines.map { Human.safe($0) }
        if lines.isEmpty { lines = ["nothing to apply"] }
        if dryRun { lines.append("this was a dry run: nothing is changed") }
        try output.show(reply, human: lines)
    }
}
