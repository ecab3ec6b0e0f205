import ArgumentParser
import Client
import Model

/// `sluice jobs`: list, show, pause, resume.
struct JobsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "List, show, pause and resume jobs.",
        subcommands: [JobsListCommand.self, JobsShowCommand.self, JobsPauseCommand.self, JobsResumeCommand.self],
        defaultSubcommand: JobsListCommand.self
    )
}

struct JobsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List all jobs.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try server.reading { client in
            let jobs = try client.jobs()
            try output.show(jobs, human: JobLines.list(jobs))
        }
    }
}

struct JobsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one job: what it does, and its last run."
    )

    @Argument(help: "The job's name.")
    var job: String

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try server.reading { client in
            let job = try client.job(job)
            try output.show(job, human: JobLines.details(job))
        }
    }
}

struct JobsPauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Pause a job: no schedule starts it. A run that is going on goes on.",
        discussion: """
            Schedules come in a later version. "sluice sync" and "sluice run" start a paused job, too, and say so.
            """
    )

    @Argument(help: "The job's name.")
    var job: String

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let view = try server.client().pause(job: job, paused: true, actor: Console.actor)
        let undo = "sluice jobs resume \(job)\(server.suffix)"
        try output.show(view, human: ["\(job) is paused: no schedule starts it; \"\(undo)\" undoes it"])
    }
}

struct JobsResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let schedules start a paused job again."
    )

    @Argument(help: "The job's name.")
    var job: String

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let view = try server.client().pause(job: job, paused: false, actor: Console.actor)
        try output.show(view, human: ["\(job) is not paused any more"])
    }
}
