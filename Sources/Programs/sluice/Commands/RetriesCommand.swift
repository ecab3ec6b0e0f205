import ArgumentParser
import Client
import Model

/// `sluice retries`: what a job could not write.
struct RetriesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retries",
        abstract: "List the records that a job could not write, and since when.",
        discussion: """
            Those that the last run that reached them rejected or quarantined (workers died of them). Every run tries them \
            again; what is written, or is found as it should be, leaves the list.
            """
    )

    @Argument(help: "The job's name.")
    var job: String

    @Option(help: "At most so many records, the oldest of each stream.")
    var limit = 100

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard 1...RecordQuery.limitMax ~= limit else {
            throw ValidationError("--limit is \(limit); allowed: 1 to \(RecordQuery.limitMax)")
        }
    }

    func run() throws {
        try server.reading { client in
            let records = try client.retries(job: job, limit: limit)
            try output.show(records, human: RecordLines.retries(records, limit: limit))
        }
    }
}
