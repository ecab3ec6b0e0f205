import ArgumentParser
import Client
import JobConfiguration
import Model
import Synchronization

/// `sluice run`: one run of a job, from its configuration, without a server.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a job once, without a server.",
        discussion: """
            Reads the job from the configuration, runs it in worker processes of its own, and ends with a receipt.

            Ctrl-C stops it gracefully: batches that have begun are finished. A second Ctrl-C forces: the workers are killed \
            at once, and what they were writing is looked up afterwards. Either way every record's fate is known.

            Everything is kept in the store (--store), so "sluice records RUN" works afterwards; other terminals can watch and \
            cancel the run meanwhile. A run that was interrupted by a crash is taken up where it was; if the job is another one \
            now, it is held instead, nothing is started, and the exit code is 4.

            A configuration (Protocols/CONFIGURATION.md has every setting):

            \(sample)
            """
    )

    /// Short lines: the help text is wrapped at 80 columns, and this must be fit to be pasted.
    static let sample = """
        connections:
          app: { type: postgres, url: "${APP_DB_URL}" }
          shop: { type: sqlite, path: shop.db }
        jobs:
          contacts:
            source: app
            destination: shop
            rate_limit: 700/s
            streams:
              - stream: public.contacts
                destination: contacts
                key: [id]
                filter: "country = 'FR'"
                map:                        # destination field: where from
                  email: contact_email      # a column
                  title: "{company} ({country})"
                  origin: { value: import } # a constant
                  name: { from: full_name, trim: true, default: unknown }
                drop: [internal_note]       # other columns pass by name
        """

    @Argument(help: "The job's name; may be left out when the configuration has only one.")
    var job: String?

    @OptionGroup var file: ConfigurationOptions
    @OptionGroup var local: LocalOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let request = try request()
        let (server, _) = try Serving.start(local.settings(port: 0), applying: request)
        defer { server.stop() }
        do {
            try carryOut(request, on: server)
        } catch let error as SluiceError {
            // What ended the coordinator says more than that nobody answers any more.
            throw server.failure ?? error
        }
    }

    private func carryOut(_ request: ApplyRequest, on server: LocalServer) throws {
        let job = request.jobs[0].name
        for other in try TakenUp.list(of: server.client) where other.job != job { Console.note(other.line) }
        let interrupts = InterruptedRun(client: server.client)
        interrupts.listen()
        let started = try start(job, on: server.client)
        interrupts.run.withLock { $0 = started }
        let follower = RunFollower(client: server.client, progress: LiveProgress(isQuiet: output.output == .json))
        var notes = Set<String>()
        var isGivenUp = false
        let end = try follower.follow(started.id.description) { run in
            guard let obstacle = Obstacle(run), notes.insert(obstacle.reason).inserted else { return }
            follower.progress.clear()
            isGivenUp = try settle(run, obstacle, on: server.client) || isGivenUp
        }
        let whole = try server.client.run(end.id.description)
        try output.show(whole, human: Receipt(run: whole, suffix: local.suffix, isServed: false).lines)
        try (isGivenUp ? RunExit.held : RunExit(end.state)).leave()
    }

    /// Says what the run waits for. A held one waits for a person; where there is none, it would wait for ever and is
    /// cancelled: then true.
    private func settle(_ run: RunView, _ obstacle: Obstacle, on client: Client) throws -> Bool {
        Console.note(obstacle.reason)
        guard obstacle.isOthers || Console.inputIsTerminal else {
            let reason = "held, with nobody to decide"
            let cancel = CancelRequest(mode: .graceful, actor: Console.actor, reason: reason, pause: false)
            _ = try client.cancel(run.id.description, cancel)
            return true
        }
        Console.note("\(obstacle.way)Ctrl-C cancels it")
        return false
    }

    /// The one job with its connections: nothing else of the configuration is touched.
    private func request() throws -> ApplyRequest {
        let configuration = try file.load()
        let names = configuration.jobs.map(\.name)
        guard let name = job ?? (names.count == 1 ? names[0] : nil) else {
            throw SluiceError(.invalid, "which job? \(file.config) has: \(names.joined(separator: ", "))")
        }
        guard let spec = configuration.jobs.first(where: { $0.name == name }) else {
            let list = names.isEmpty ? "it has none" : "it has: " + names.joined(separator: ", ")
            throw SluiceError(.notFound, "job \"\(name)\" is not in \(file.config); \(list)")
        }
        let connections = configuration.connections.filter { [spec.source, spec.destination].contains($0.name) }
        return ApplyRequest(connections: connections, jobs: [spec])
    }

    /// An interrupted run that somebody has to decide on, as one of another version of the job, is neither gone on with nor
    /// left behind without a word.
    private func refuse(_ run: RunView) throws -> Never {
        let serve = "\"sluice serve --hold\(local.suffix)\""
        Console.complain(Human.safe(run.reason ?? "run \(run.number) is held"))
        Console.complain(
            "nothing was started; \(serve) takes run \(run.number) up, for \"sluice cancel \(run.number)\(local.suffix)\" "
                + "or \"sluice release \(run.number)\(local.suffix)\""
        )
        if output.output == .json { Console.show(try OutputOptions.json(run, isPretty: true)) }
        throw ExitCode(RunExit.held.rawValue)
    }

    private func start(_ job: String, on client: Client) throws -> RunView {
        if let live = try client.runs(job: job, activeOnly: true, limit: 1).first {
            if let cause = live.hold?.cause, cause == .outdated || cause == .interrupted { try refuse(live) }
            Console.note("run \(live.number) of \(job) was interrupted (\(live.state.rawValue)); it is taken up")
            return live
        }
        for note in StartNotes.lines(of: try client.job(job)) { Console.note(note) }
        return try client.sync(job: job, SyncRequest(actor: Console.actor, trigger: "manual"))
    }
}

/// Turns the first Ctrl-C into a graceful cancel and the second into a force cancel.
private final class InterruptedRun: Sendable {
    let run = Mutex<RunView?>(nil)
    private let client: Client

    init(client: Client) {
        self.client = client
    }

    func listen() {
        Interrupts.listen { [self] count in
            // Before there is a run there is nothing to stop but this process.
            guard let run = run.withLock({ $0 }) else { Interrupts.leave() }
            guard count <= 2 else { return }
            let mode: CancelMode = count == 1 ? .graceful : .force
            if mode == .graceful {
                Console.interject(
                    "stopping run \(run.number): batches that have begun are finished; Ctrl-C again kills the workers"
                )
            }
            do {
                let request = CancelRequest(mode: mode, actor: Console.actor, reason: "Ctrl-C", pause: false)
                let reply = try client.cancel(run.id.description, request)
                if mode == .force, reply.accepted {
                    Console.interject(
                        "the workers of run \(run.number) are being killed; what they were writing is looked up"
                    )
                }
            } catch {
                Console.interject("the cancel did not reach run \(run.number): \(error)")
            }
        }
    }
}
