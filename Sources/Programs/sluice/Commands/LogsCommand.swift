import ArgumentParser
import Client
import Model

/// `sluice logs`: what happened in a run, line by line.
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show the log of a run, oldest line first.",
        discussion: "With --output json: one line of JSON for each line of the log."
    )

    @Argument(help: ArgumentHelp("The run's number or id.", valueName: "run"))
    var reference: String

    @Flag(name: .shortAndLong, help: "Go on with new lines until the run ends.")
    var follow = false

    @Option(help: ArgumentHelp("This level and those above it: debug, info, warning, error.", valueName: "level"))
    var level = "info"

    @Option(help: ArgumentHelp("Only of this worker: its pid, incarnation or a prefix of it.", valueName: "worker"))
    var worker: String?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard LogLevel(rawValue: level) != nil else {
            let allowed = LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--level is \"\(level)\"; allowed: \(allowed)")
        }
    }

    func run() throws {
        if follow { return try show(from: server.client(), isFollowing: true) }
        try server.reading { try show(from: $0, isFollowing: false) }
    }

    private func show(from client: Client, isFollowing: Bool) throws {
        var version: UInt64 = 0
        var run = try client.run(reference)
        var query = LogQuery(run: run.id, level: LogLevel(rawValue: level) ?? .info, worker: worker)
        while true {
            let lines = try client.logs(query)
            for line in lines { Console.show(try text(line)) }
            query.after = lines.last?.ordinal ?? query.after
            if lines.count == query.limit { continue }
            // The run's state was read before its lines were: those of its end are among them.
            guard isFollowing, !run.state.isTerminal else { return }
            (version, run) = try client.watch(run.id.description, since: version)
        }
    }

    private func text(_ line: LogLine) throws -> String {
        if output.output == .json { return try OutputOptions.json(line, isPretty: false) }
        let name = line.worker.map { String($0.description.suffix(8)) }
        let origin = line.pid.map { "worker \($0): " } ?? name.map { "worker \($0): " } ?? ""
        let level = line.level.rawValue.uppercased()
        return
            "\(Human.clock(line.at)) \(level)\(String(repeating: " ", count: 7 - level.count)) \(origin)\(Human.safe(line.message))"
    }
}
