import Drivers
public import Model
public import Store
import Wire

/// A running coordinator: its loop on a thread of its own, and the service that the API calls.
public final class CoordinatorProcess: Sendable {
    public let service: any ControlService
    private let mailbox: Mailbox
    private let board: LiveBoard

    private init(service: any ControlService, mailbox: Mailbox, board: LiveBoard) {
        self.service = service
        self.mailbox = mailbox
        self.board = board
    }

    /// Binds the sockets, starts the supervisor, takes up unfinished runs.
    ///
    /// - Parameter store: open, and led by this process.
    public static func start(_ settings: CoordinatorSettings, store: any Store) throws -> CoordinatorProcess {
        let mailbox = try Mailbox()
        let board = LiveBoard()
        let endpoints = try Endpoints.local(in: settings.runtimeDirectory)
        let context = try ZeroMQContext()
        let started = OneShot<SluiceError?>()
        _ = try EventThread(name: "coordinator") {
            do {
                // The loop is made where it runs: its sockets belong to this thread.
                let loop = try CoordinatorLoop(
                    store: store,
                    settings: settings,
                    mailbox: mailbox,
                    board: board,
                    endpoints: endpoints,
                    context: context
                )
                loop.run { started.set($0) }
                started.set(loop.fatal)
            } catch {
                started.set(error as? SluiceError ?? SluiceError(.internal, "the coordinator cannot start: \(error)"))
            }
        }
        if let failure = started.wait() {
            throw failure
        }
        return CoordinatorProcess(
            service: CoordinatorService(store: store, mailbox: mailbox, board: board),
            mailbox: mailbox,
            board: board
        )
    }

    /// Connections and jobs as configured, before a coordinator takes up what was interrupted: all of it or nothing.
    ///
    /// - Parameter store: led by this process.
    public static func apply(_ request: ApplyRequest, actor: String, to store: any Store) throws -> ApplyReply {
        do {
            let plan = try ApplyPlan(request, to: store, actor: actor, now: CoordinatorLoop.now)
            try store.apply(plan.changes)
            return plan.reply
        } catch let error as StoreError {
            throw SluiceError(error)
        }
    }

    /// A service that only reads: of a store whose coordinator is not running.
    public static func inspect(store: any Store) throws -> any ControlService {
        let mailbox = try Mailbox()
        let board = LiveBoard()
        _ = mailbox.close()
        board.close(
            SluiceError(.unreachable, "no coordinator is running on this store; start one with \"sluice serve\"")
        )
        return CoordinatorService(store: store, mailbox: mailbox, board: board)
    }

    /// Ends the loop; every worker dies with the supervisor. Runs that go on are taken up by the next start.
    ///
    /// Returns early when the task is cancelled.
    public func stop() async {
        _ = mailbox.post { $0.isStopping = true }
        _ = await ended()
    }

    /// Waits until the coordinator has ended; says why.
    public func ended() async -> SluiceError {
        do {
            while true {
                if let reason = board.closed { return reason }
                try await board.changed(since: board.version, now: CoordinatorLoop.now)
            }
        } catch {
            return SluiceError(.unreachable, "nobody waits for the coordinator's end any more")
        }
    }
}
