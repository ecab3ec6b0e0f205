import ArgumentParser
import Client
import Model

/// `sluice sync`: starts a run of a job on the server.
struct SyncCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Start a run of a job now, on the server.",
        discussion: """
            A job has one run at a time; a second is refused with the number of the first. With --follow, Ctrl-C leaves the \
            run going: "sluice cancel" stops it.
            """
    )

    @Argument(help: "The job's name.")
    var job: String

    @Flag(name: [.customShort("F"), .long], help: "Watch it until it ends, and show the receipt.")
    var follow = false

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let client = try server.client()
        for note in StartNotes.lines(of: try client.job(job)) { Console.note(note) }
        let run = try client.sync(job: job, SyncRequest(actor: Console.actor, trigger: "manual"))
        guard follow else {
            let how = run.blockedOn.map { "is queued: \(Human.safe($0))" } ?? "started"
            try output.show(
                run,
                human: ["run \(run.number) of \(job) \(how); \"sluice watch \(run.number)\" follows it"]
            )
            return
        }
        let watching = Watching(client: client, output: output, suffix: server.suffix)
        try watching.toTheEnd(of: run.id.description, isStream: false)
    }
}
