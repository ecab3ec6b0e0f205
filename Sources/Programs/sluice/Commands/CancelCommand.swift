import ArgumentParser
import Client
import JobConfiguration
import Model

/// `sluice cancel`: stops a run, gracefully or by force.
struct CancelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Stop a run. Graceful unless --force.",
        discussion: """
            Graceful: no new batch begins; what has begun is finished. After the deadline (the job's, or --deadline) it is \
            forced. Right when writes in flight do no harm: a rate limit was hit, a wrong mapping was seen early.

            Force: from the moment it is accepted not one further write is permitted; the workers are killed, and what they \
            were writing is looked up at the destination. Right when every further write destroys something.

            A second cancel with --force escalates one that is going on. Cancelling twice is no error. Force pauses the job \
            unless --no-pause, graceful only with --pause: then no schedule starts it (schedules come in a later version), \
            "sluice sync" and "sluice run" still do.
            """
    )

    @Argument(help: ArgumentHelp("The run's number or id.", valueName: "run"))
    var reference: String?

    @Flag(help: "All runs that have not ended.")
    var all = false

    @Option(help: ArgumentHelp("Only this stream, by its source or destination; may be repeated.", valueName: "stream"))
    var stream: [String] = []

    @Flag(help: "Say what a cancel would mean now, and do nothing.")
    var preview = false

    @Flag(help: "Kill the workers at once.")
    var force = false

    @Flag(inversion: .prefixedNo, help: "Pause the job: no schedule starts it.")
    var pause: Bool?

    @Option(help: ArgumentHelp("Of a graceful cancel: 30s, 2m. Then it is forced.", valueName: "duration"))
    var deadline: String?

    @Option(help: "Why; kept with the run for ever.")
    var reason: String?

    @Flag(name: .customLong("no-wait"), help: "Return as soon as the cancel is accepted.")
    var isNotWaiting = false

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if (reference == nil) != all { throw ValidationError("name one run, or --all") }
        if all, !stream.isEmpty || preview {
            throw ValidationError("--stream and --preview are of one run, not of --all")
        }
        if !stream.isEmpty, deadline != nil || pause != nil {
            throw ValidationError("--deadline and --pause are of a whole run, not of --stream")
        }
        if force, deadline != nil { throw ValidationError("--deadline is of a graceful cancel; --force has none") }
        if let deadline, Quantity.duration(deadline) == nil {
            throw ValidationError("--deadline is \"\(deadline)\"; expected \(Quantity.durationForms)")
        }
    }

    func run() throws {
        let client = try server.client()
        if preview, let reference {
            let preview = try client.cancelPreview(reference)
            return try output.show(preview, human: lines(of: preview))
        }
        let request = CancelRequest(
            mode: force ? .force : .graceful,
            actor: Console.actor,
            reason: reason,
            deadlineSeconds: deadline.flatMap(Quantity.duration).map { Double($0.microseconds) / 1e6 },
            pause: pause,
            streams: stream
        )
        if let reference, !stream.isEmpty { return try cancelStreams(of: reference, request, on: client) }
        let references =
            try reference.map { [$0] } ?? client.runs(job: nil, activeOnly: true, limit: 1_000).map(\.id.description)
        if references.isEmpty, output.output == .human { Console.show("no run is going on") }
        // All are stopped before any is waited for.
        var replies = try references.map { try client.cancel($0, request) }
        if !isNotWaiting {
            for index in replies.indices { replies[index].run = try wait(for: replies[index], on: client) }
        }
        if let reply = replies.first, !all {
            try output.show(reply, human: lines(of: reply, on: client))
        } else {
            try output.show(replies, human: replies.flatMap { try lines(of: $0, on: client) })
        }
    }

    private func cancelStreams(of reference: String, _ request: CancelRequest, on client: Client) throws {
        let reply = try client.cancel(reference, request)
        let names = stream.joined(separator: ", ")
        let said = "nothing more of \(names) is begun; run \(reply.run.number) is \(reply.run.state.rawValue)"
        try output.show(reply, human: reply.accepted ? [said] : lines(of: reply, on: client))
    }

    private func lines(of preview: CancelPreview) -> [String] {
        let seconds = preview.drainSeconds.map { ", about \(Human.duration(seconds: $0))" } ?? ""
        let records = Human.count(preview.uncertainRecords, of: "record")
        return [
            "graceful: at most \(Human.count(preview.drainRecords, of: "more record"))\(seconds)",
            "force: at most \(records) uncertain until reconciled, "
                + "\(preview.processes) \(preview.processes == 1 ? "process" : "processes") killed",
        ]
    }

    private func wait(for reply: CancelReply, on client: Client) throws -> RunView {
        guard reply.accepted, !reply.run.state.isTerminal else { return reply.run }
        let progress = LiveProgress(isQuiet: output.output == .json)
        return try RunFollower(client: client, progress: progress).follow(reply.run.id.description)
    }

    private func lines(of reply: CancelReply, on client: Client) throws -> [String] {
        let run = reply.run
        var lines = reply.notes.map { Human.safe($0) }
        if !reply.accepted {
            lines.append(
                "run \(run.number) had ended before: \(run.state.rawValue); \"sluice show \(run.number)\" says more"
            )
        } else if !run.state.isTerminal {
            lines.append("run \(run.number) is \(run.state.rawValue); \"sluice watch \(run.number)\" follows it")
        }
        guard reply.accepted, run.state.isTerminal else { return lines }
        let whole = try client.run(run.id.description)
        return lines + Receipt(run: whole, job: try client.job(run.job), suffix: server.suffix).lines
    }
}
