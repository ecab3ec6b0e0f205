import Decisions
import Drivers
import Model
import Store
import Wire

/// The coordinator's one thread: it owns the sockets, the machines and the store's writing side.
///
/// A turn: take what has come (commands first, so that a cancel wins over the intents it arrives with), let the machines
/// decide, store everything in one synced transaction, then send. Nothing is sent that is not durable; a permit of one
/// turn has left before a cancel of the next is answered.
final class CoordinatorLoop {
    let store: any Store
    let settings: CoordinatorSettings
    let mailbox: Mailbox
    let board: LiveBoard
    let endpoints: Endpoints
    let work: ZeroMQSocket
    let fleetSocket: ZeroMQSocket
    let control: ZeroMQSocket
    /// Of this machine; nil where it does not say.
    let bootID = try? Machine.bootID()

    var runs: [RunID: ActiveRun] = [:]
    var fleet: FleetMachine
    var workers: [Incarnation: LiveWorker] = [:]
    var errands: [ErrandID: PendingErrand] = [:]
    var supervisor: SupervisorLink
    /// S: one more with each control decision.
    var controlSequence: UInt64 = 0
    var nextTick: Timestamp
    /// Runs that wait for slots, in the order of their numbers.
    var queued: [QueuedRun] = []
    /// By connection.
    var freezes: [String: FreezeRecord] = [:]
    var lastNumber = 0
    var generator: SplitMix64
    /// The store's file, once its disk was full; nothing is started any more then.
    var fullStore: String?
    var isStopping = false
    /// Errands that failed and are ordered again.
    var postponed: [(at: Timestamp, kind: PendingErrand.Kind, connection: ConnectionSpec)] = []
    var fatal: SluiceError?

    /// Of the turn under way.
    var changes: [StoreChange] = []
    var outbox: [Outgoing] = []
    var afterCommit: [((any Error)?) -> Void] = []

    init(
        store: any Store,
        settings: CoordinatorSettings,
        mailbox: Mailbox,
        board: LiveBoard,
        endpoints: Endpoints,
        context: ZeroMQContext
    ) throws {
        self.store = store
        self.settings = settings
        self.mailbox = mailbox
        self.board = board
        self.endpoints = endpoints
        var random = SystemRandomNumberGenerator()
        generator = SplitMix64(state: random.next())
        fleet = FleetMachine(slots: settings.slots, spares: settings.spares, seed: random.next())
        work = try ZeroMQSocket(.router, in: context)
        fleetSocket = try ZeroMQSocket(.router, in: context)
        control = try ZeroMQSocket(.xpub, in: context)
        try work.bind(endpoints.work)
        try fleetSocket.bind(endpoints.fleet)
        try control.bind(endpoints.control)
        nextTick = Self.now
        supervisor = SupervisorLink()
    }

    static var now: Timestamp { Timestamp(microseconds: SystemClock.wallMicroseconds()) }

    var now: Timestamp { Self.now }

    /// Runs until it is told to stop, or cannot go on. Ends with no worker process left.
    ///
    /// - Parameter isUp: called once everything that was interrupted is taken up and stored; with why it could not be.
    func run(isUp: (SluiceError?) -> Void) {
        do {
            try startSupervisor()
            recover()
            spawnSpares()
            commitTurn()
            isUp(fatal)
            while !isStopping {
                try turn()
            }
        } catch {
            fatal = error as? SluiceError ?? SluiceError(.internal, "the coordinator's loop ended: \(error)")
        }
        supervisor.child?.kill()
        _ = supervisor.child?.reap()
        work.close()
        fleetSocket.close()
        control.close()
        for command in mailbox.close() {
            command(self)
        }
        let reason = fatal ?? SluiceError(.unreachable, "the coordinator has stopped")
        for done in afterCommit {
            done(reason)
        }
        afterCommit = []
        board.close(reason)
    }

    private func turn() throws {
        let ready = try Poller.wait(
            sockets: [fleetSocket, work, control],
            descriptors: [mailbox.doorbell.descriptor, supervisor.deathDescriptor],
            timeout: timeout
        )
        if ready.descriptors[0] {
            for command in mailbox.take() {
                command(self)
            }
        }
        if ready.descriptors[1] {
            supervisorDied()
        }
        if ready.sockets[0] { try receiveFleet() }
        if ready.sockets[1] { try receiveWork() }
        if ready.sockets[2] { try receiveSubscriptions() }
        timePassed()
        startQueuedRuns()
        sayWhyQueued()
        commitTurn()
    }

    private var timeout: Duration {
        var wake = nextTick
        let now = now
        for active in runs.values {
            if let time = active.machine.wakeAt(now) { wake = min(wake, time) }
        }
        return max(.zero, wake.since(now))
    }

    private func timePassed() {
        let now = now
        for id in Array(runs.keys) {
            if let wake = runs[id]?.machine.wakeAt(now), wake <= now {
                act(on: id) { $0.timePassed(now) }
            }
        }
        guard nextTick <= now else { return }
        nextTick = now.advanced(by: .milliseconds(250))
        outbox.append(.control(.tick(WireTick())))
        checkErrands(now)
        checkWorkers(now)
        board.expire(now)
    }

    /// Feeds an event to a run's machine and takes over what follows from it.
    func act(on id: RunID, _ event: (inout RunMachine) -> Steps) {
        guard let active = runs[id] else { return }
        let steps = event(&active.machine)
        take(steps, of: id)
    }

    func take(_ steps: Steps, of id: RunID) {
        changes.append(contentsOf: steps.changes)
        for directive in steps.directives {
            execute(directive, of: id)
        }
    }

    /// Stores the turn's changes in one transaction, then sends.
    func commitTurn() {
        var failure: (any Error)?
        if !changes.isEmpty {
            do {
                try store.apply(changes)
            } catch StoreError.full(let path) {
                failure = storeIsFull(path)
            } catch {
                stopForGood("the store failed: \(error)", .store)
                failure = fatal
            }
        }
        changes.removeAll(keepingCapacity: true)
        let outgoing = outbox
        outbox.removeAll(keepingCapacity: true)
        if failure == nil {
            for message in outgoing {
                send(message)
            }
        }
        let done = afterCommit
        afterCommit = []
        publish()
        for callback in done {
            callback(failure)
        }
    }

    /// Frees the reserve, stores the turn again and ends what runs: without a journal nothing may be written.
    private func storeIsFull(_ path: String) -> (any Error)? {
        guard store.freeReserve() else {
            stopForGood("no space is left for the store \(path)", .store)
            return fatal
        }
        do {
            try store.apply(changes)
        } catch {
            stopForGood("no space is left for the store \(path), not even for its last words: \(error)", .store)
            return fatal
        }
        fullStore = path
        changes.removeAll(keepingCapacity: true)
        let reason = "no space is left for the store \(path); free some and start the run again"
        for id in Array(runs.keys) {
            act(on: id) { $0.abort(reason, now) }
        }
        do {
            try store.apply(changes)
            return nil
        } catch {
            stopForGood("no space is left for the store \(path): \(error)", .store)
            return fatal
        }
    }

    /// Nothing can be recorded any more: the workers are killed with their supervisor, the next start reconciles.
    func stopForGood(_ reason: String, _ code: ErrorCode = .internal) {
        fatal = SluiceError(code, "\(reason); the workers are killed, the next start reconciles what they did")
        supervisor.child?.kill()
        isStopping = true
    }
}
