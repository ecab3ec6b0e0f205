internal import Drivers
internal import Foundation
internal import Model
internal import Wire

/// The supervisor's event loop: starts, watches and kills worker processes, and proves deaths. It knows nothing of records.
///
/// One thread polls the coordinator's socket, the lifeline and the pidfd of every worker together, so that a death is
/// reaped and reported at once. What happens to it is always the same in the end: killed, cut off or told to stop, its
/// workers die first or with it.
final class Supervisor {
    let settings: SupervisorSettings
    let line: FleetLine
    let locks: LockDirectory
    let spawner: Spawner
    var lease: CoordinatorLease
    var intensity: DeathIntensity
    var workers: [Incarnation: WorkerProcess] = [:]
    var deaths: DeathLedger
    var end: SupervisorEnd?
    private let bootID: String

    /// Throws when the lock directory belongs to a supervisor that does not end, or the endpoint is not one.
    init(_ settings: SupervisorSettings) throws {
        self.settings = settings
        bootID = try Machine.bootID()
        try Lifeline.closeOnExec(settings.lifeline)
        locks = try LockDirectory(
            settings.lockDirectory,
            bootID: bootID,
            lifeline: settings.lifeline
        )
        spawner = try Spawner(settings: settings, locks: locks)
        line = try FleetLine(settings)
        lease = try CoordinatorLease(length: settings.lease, isKernels: settings.kernelLease)
        intensity = DeathIntensity(deathsMax: settings.deathsMax, window: settings.deathWindow)
        deaths = DeathLedger(bootID: bootID, locks: locks)
    }

    func run() throws -> SupervisorEnd {
        do {
            try sayHello()
            while true {
                if let end = try turn() {
                    killEverybody()
                    return end
                }
            }
        } catch {
            killEverybody()
            throw error
        }
    }

    private func turn() throws -> SupervisorEnd? {
        let watched = Array(workers.values)
        let ready = try Poller.wait(
            sockets: [line.socket],
            descriptors: [settings.lifeline] + watched.map(\.child.descriptor),
            timeout: timeout
        )
        if ready.descriptors[0] { return .lifelineCut }
        if ready.sockets[0] { try takeMessages() }
        for (worker, hasEnded) in zip(watched, ready.descriptors.dropFirst()) where hasEnded {
            try bury(worker.incarnation)
        }
        if let end { return end }
        try timePassed()
        return lease.isExpired ? .leaseExpired : nil
    }

    private var timeout: Duration {
        let now = SystemClock.bootNanoseconds()
        var wake = min(lease.nextBeat, lease.expiry)
        if let look = deaths.nextLook { wake = min(wake, look) }
        return .nanoseconds(max(0, wake - now))
    }

    private func timePassed() throws {
        try line.flush()
        for answer in try deaths.look() { try line.send(.died(answer)) }
        guard lease.nextBeat <= SystemClock.bootNanoseconds() else { return }
        guard lease.isWelcome else { return try sayHello() }
        var beat = WireSupervisorHeartbeat()
        beat.sentAtNs = UInt64(lease.beat())
        beat.workers = liveWorkers
        if line.isIdle { try line.send(.supervisorHeartbeat(beat)) }
    }

    private func sayHello() throws {
        lease.beat()
        var hello = WireSupervisorHello()
        hello.pid = Machine.processID()
        hello.bootID = bootID
        hello.host = Machine.hostName()
        hello.slots = UInt32(clamping: settings.slots)
        hello.lockDirectory = settings.lockDirectory
        hello.workers = liveWorkers
        try line.send(.supervisorHello(hello))
    }

    private var liveWorkers: [WireLiveWorker] {
        workers.values.map { worker in
            var live = WireLiveWorker()
            live.incarnation = worker.incarnation.wire
            live.pid = worker.child.pid
            return live
        }
    }

    /// At most so many before the deaths get their turn.
    private static let messagesMax = 64

    private func takeMessages() throws {
        for _ in 0..<Self.messagesMax {
            guard end == nil, let letter = try line.receive() else { return }
            do {
                try take(letter.body)
            } catch let violation as ProtocolViolation {
                settings.report(violation.description)
            }
            if line.hasNewCoordinator {
                line.hasNewCoordinator = false
                lease.forgetWelcome()
                try sayHello()
            }
        }
    }

    private func take(_ body: WireEnvelope.OneOf_Body) throws {
        switch body {
        case .supervisorWelcome(let welcome):
            try lease.welcomed(
                beat: .milliseconds(welcome.heartbeatMs),
                length: .milliseconds(welcome.leaseMs)
            )
        case .heartbeatReply(let reply):
            try lease.answered(Int64(clamping: reply.sentAtNs))
        case .spawn(let spawn):
            try start(try Incarnation(wire: spawn.worker))
        case .kill(let order):
            for worker in order.workers { try kill(try Incarnation(wire: worker)) }
        case .prove(let prove):
            try self.prove(prove)
        case .shutDown(let order):
            end = .shutDown(reason: order.reason)
        default:
            // Codec lets nothing else through on this channel.
            settings.report("\(body.kind) is not for a supervisor")
        }
    }
}
