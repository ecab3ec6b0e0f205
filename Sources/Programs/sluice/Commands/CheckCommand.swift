import ArgumentParser
import Client
import Model

/// `sluice check`: can a system be reached, with these rights?
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Try whether connections can be reached; a worker process asks, with the worker's environment.",
        discussion: """
            Says of a database what would keep it from being a destination: rights on tables that are missing, and how a \
            stop is enforced there. Whether the tables of a job fit is found when a run begins, before anything is written.
            """
    )

    @Argument(help: "The connection; left out: all of the configuration, or of the server's jobs.")
    var connection: String?

    @OptionGroup var source: ProbeOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        var reports: [ConnectionReport] = []
        try source.probe { client, names in
            let chosen = connection.map { [$0] } ?? names
            guard !chosen.isEmpty else {
                throw SluiceError(
                    .invalid,
                    "which connection? there is no job yet; name one, or a configuration with --config"
                )
            }
            reports = try chosen.map { try client.check(connection: $0) }
        }
        let lines = reports.map { report in
            let found = report.error.map { "FAILED, \($0.message)" } ?? "ok"
            return "\(report.connection): " + ([found] + report.notes).joined(separator: "; ")
        }
        try output.show(reports, human: lines)
        if reports.contains(where: { $0.error != nil }) { try RunExit.failed.leave() }
    }
}
