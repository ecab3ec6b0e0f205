import Decisions
import Model
import Store
import Wire

extension CoordinatorLoop {
    static let heartbeatMilliseconds: UInt32 = 500
    static let leaseMilliseconds: UInt32 = 10_000
    /// Without progress for so long a worker is shown as stuck; it is never killed for that.
    static let stuckAfterNanoseconds: UInt64 = 30_000_000_000

    func workReceived(_ body: WireEnvelope.OneOf_Body, from incarnation: Incarnation) {
        guard let known = workers[incarnation], known.state != .dying else {
            // Of an earlier coordinator, or killed: whatever it says changes nothing, the evidence will speak.
            var verdict = WireCondemned()
            verdict.reason = "this incarnation is not known"
            outbox.append(.work(incarnation, .condemned(verdict)))
            return
        }
        workers[incarnation]?.lastHeardAt = now
        let run = known.record.run
        switch body {
        case .workerHello(let hello):
            said(hello, by: incarnation)
        case .workerReady:
            guard workers[incarnation]?.isReady == false else { return }
            workers[incarnation]?.isReady = true
            workers[incarnation]?.state = .idle
            workers[incarnation]?.doing = ""
            workers[incarnation]?.since = nil
            take(fleet.ready(incarnation, now))
        case .workerHeartbeat(let beat):
            beats(beat, incarnation)
        case .askState:
            answerState(incarnation, sentAt: 0)
        case .runOpened(let opened):
            if let run { runOpened(opened, by: incarnation, run) }
        case .rangesPlanned(let planned):
            if let run { rangesPlanned(planned, by: incarnation, run) }
        case .intent(let intent):
            intentReceived(intent, from: incarnation, run)
        case .outcome(let outcome):
            outcomeReceived(outcome, from: incarnation, run)
        case .returned(let returned):
            guard let run, let attempt = AttemptID(bytes: returned.attempt) else { return }
            act(on: run) {
                $0.returned(
                    incarnation,
                    attempt: attempt,
                    reason: returned.reason,
                    isTransient: returned.transient,
                    now
                )
            }
        case .runFailed(let failed):
            guard let run else { return }
            let error = SluiceError(failed.failure)
            act(on: run) { $0.runFailed(incarnation, error, now) }
        case .errandDone(let done):
            errandDone(done, by: incarnation)
        default:
            log("worker \(incarnation) sent what workers do not send; it was ignored")
        }
    }

    private func said(_ hello: WireWorkerHello, by incarnation: Incarnation) {
        workers[incarnation]?.record.pid = hello.pid
        workers[incarnation]?.record.host = hello.host
        workers[incarnation]?.record.bootID = hello.bootID
        if let record = workers[incarnation]?.record {
            changes.append(.updateWorker(record))
        }
        var welcome = WireWelcome()
        welcome.desired = desired(of: incarnation)
        welcome.heartbeatMs = Self.heartbeatMilliseconds
        welcome.leaseMs = Self.leaseMilliseconds
        welcome.residentBytesMax = UInt64(settings.workerBytesMax)
        welcome.installation = store.installation.wire
        outbox.append(.work(incarnation, .welcome(welcome)))
        outbox.append(.control(.tick(WireTick())))
    }

    private func beats(_ beat: WireWorkerHeartbeat, _ incarnation: Incarnation) {
        workers[incarnation]?.heard(
            doing: beat.doing,
            progressAt: beat.progressAtNs,
            sentAt: beat.sentAtNs,
            bytes: beat.residentBytes,
            now
        )
        if let worker = workers[incarnation], worker.state == .working || worker.state == .stuck {
            let isStuck = beat.sentAtNs > beat.progressAtNs + Self.stuckAfterNanoseconds && !beat.attempt.isEmpty
            workers[incarnation]?.state = isStuck ? .stuck : .working
        }
        answerState(incarnation, sentAt: beat.sentAtNs)
    }

    private func answerState(_ incarnation: Incarnation, sentAt: UInt64) {
        var reply = WireHeartbeatReply()
        reply.sentAtNs = sentAt
        reply.desired = desired(of: incarnation)
        outbox.append(.work(incarnation, .heartbeatReply(reply)))
    }

    /// What a worker should be doing: it travels in every answer.
    func desired(of incarnation: Incarnation) -> WireDesired {
        guard let run = workers[incarnation]?.record.run else { return .run }
        guard let machine = runs[run]?.machine else { return .drain }
        switch machine.record.state {
        case .running: return .run
        case .held: return .hold
        case .draining: return .drain
        case .terminating, .reconciling: return .terminate
        case .queued, .completed, .cancelled, .failed: return .drain
        }
    }

    /// Workers that have not been heard of for a lease are condemned; their kernel timer kills them, their supervisor says so.
    func checkWorkers(_ now: Timestamp) {
        for (incarnation, worker) in workers where worker.isReady && worker.state != .dying {
            guard now.since(worker.lastHeardAt) > .milliseconds(Int64(Self.leaseMilliseconds)) else { continue }
            kill([incarnation], reason: "not heard of for \(Self.lease)")
            if let run = worker.record.run {
                act(on: run) { $0.leaseExpired(incarnation, silence: Self.lease, now) }
            }
        }
    }

    private static let lease = "\(leaseMilliseconds / 1_000) s"

    /// A worker that is dead was silent for its lease before: its own timer has killed it. The timer counts from a heartbeat
    /// that was sent up to two intervals before the last one that was heard.
    func noteLeaseEnd(of incarnation: Incarnation, signal: Int32) -> String? {
        guard signal == 9, let worker = workers[incarnation], worker.isReady, !worker.deathIsOrdered,
            now.since(worker.lastHeardAt)
                >= .milliseconds(Int64(Self.leaseMilliseconds - 2 * Self.heartbeatMilliseconds))
        else { return nil }
        workers[incarnation]?.deathIsOrdered = true
        if let run = worker.record.run {
            act(on: run) { $0.leaseExpired(incarnation, silence: Self.lease, now) }
        }
        return "silent for \(Self.lease), its lease ended it"
    }

    func kill(_ incarnations: [Incarnation], reason: String) {
        var order = WireKill()
        order.reason = reason
        for incarnation in incarnations {
            workers[incarnation]?.deathIsOrdered = true
            workers[incarnation]?.state = .dying
            order.workers.append(incarnation.wire)
        }
        outbox.append(.fleet(.kill(order)))
    }
}
