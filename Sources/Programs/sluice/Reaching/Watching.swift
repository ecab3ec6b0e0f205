import Client
import Model

/// Follows a run of a server until it ends or is held, shows the receipt, and leaves with the code of its state.
struct Watching {
    let client: Client
    let output: OutputOptions
    let suffix: String

    /// - Parameter isStream: with JSON, one line for every change instead of the last state only.
    func toTheEnd(of reference: String, isStream: Bool) throws {
        let isJSON = output.output == .json
        let progress = LiveProgress(isQuiet: isJSON)
        Interrupts.listen { _ in
            Console.interject("no longer watching; the run goes on, \"sluice cancel\" stops it")
            Interrupts.leave()
        }
        let follower = RunFollower(client: client, progress: progress)
        let run = try follower.follow(reference) { run in
            if isJSON, isStream { Console.show(try OutputOptions.json(run, isPretty: false)) }
        } until: { run in
            run.state.isTerminal || run.state == .held
        }
        if !isJSON || !isStream {
            let whole = try client.run(run.id.description)
            try output.show(whole, human: Receipt(run: whole, job: try client.job(run.job), suffix: suffix).lines)
        }
        try RunExit(run.state).leave()
    }
}
