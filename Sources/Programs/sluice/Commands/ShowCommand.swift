import ArgumentParser
import Client
import Model

/// `sluice show`: one run with its receipt.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one run: state, counts by verdict and stream, the receipt of its cancel, its workers."
    )

    @Argument(help: ArgumentHelp("The run's number or id.", valueName: "run"))
    var reference: String

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        // Asked first: whoever only reads leads on the store meanwhile.
        let isServed = try server.running() != nil
        try server.reading { client in
            let view = try client.run(reference)
            let job = try client.job(view.job)
            var lines = Receipt(run: view, job: job, suffix: server.suffix, isServed: isServed).lines
            let progress = ProgressLine(run: view, now: isServed ? Human.now : nil)
            if !view.state.isTerminal { lines.insert("  " + progress.plain, at: 1) }
            let live = view.workers.filter { $0.diedAt == nil }
            if !view.state.isTerminal, !live.isEmpty { lines += [""] + WorkersCommand.lines(live) }
            try output.show(view, human: lines)
        }
    }
}
