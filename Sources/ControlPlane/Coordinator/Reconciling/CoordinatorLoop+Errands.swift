import Decisions
import Model
import Store
import Wire

extension CoordinatorLoop {
    static let errandDeadline = Duration.seconds(30)
    /// Before an errand that failed is ordered again.
    static let errandPause = Duration.milliseconds(500)

    /// Asks the fleet for a process for this; the warm spare if it is there.
    func order(_ kind: PendingErrand.Kind, on connection: ConnectionSpec) {
        place(PendingErrand(kind: kind, connection: connection, deadline: now.advanced(by: Self.errandDeadline)))
    }

    func place(_ errand: PendingErrand) {
        let id = ErrandID.make(milliseconds: now.milliseconds, using: &generator)
        errands[id] = errand
        take(fleet.wanted(id, now))
    }

    /// A process is there for it.
    func execute(_ id: ErrandID, in incarnation: Incarnation) {
        guard var errand = errands[id] else {
            retire(incarnation, reason: "its errand is over")
            return
        }
        errand.incarnation = incarnation
        errands[id] = errand
        do {
            outbox.append(.work(incarnation, .errand(try message(id, errand))))
        } catch {
            log("an errand cannot be sent: \(error)")
        }
    }

    private func message(_ id: ErrandID, _ errand: PendingErrand) throws -> WireErrand {
        var order = WireErrand()
        order.errand = id.wire
        order.connectionJson = try JSONText.encode(errand.connection)
        order.deadlineMs = UInt32(clamping: max(1, errand.deadline.since(now).milliseconds))
        switch errand.kind {
        case .closeGate(let run, let attempts):
            order.closeGate.run = run.wire
            order.closeGate.installation = store.installation.wire
            order.closeGate.attempts = attempts.map(WireFencedAttempt.init)
        case .reconcile(let run, let attempts):
            order.reconcile.run = run.wire
            order.reconcile.installation = store.installation.wire
            order.reconcile.attempts = attempts.map(WireFencedAttempt.init)
            order.reconcile.deathsProven = true
        case .discard(let run):
            order.discard.run = run.wire
            order.discard.installation = store.installation.wire
        case .check:
            order.check = WireCheckConnection()
        case .discover(let stream):
            order.discover.stream = stream
        }
        return order
    }

    func errandDone(_ done: WireErrandDone, by incarnation: Incarnation) {
        guard let id = ErrandID(bytes: done.errand), let errand = errands[id], errand.incarnation == incarnation
        else { return }
        errands[id] = nil
        retire(incarnation, reason: "its errand is done")
        if done.hasFailure {
            failed(errand, SluiceError(done.failure))
            return
        }
        switch errand.kind {
        case .closeGate(let run, _):
            act(on: run) { $0.gateClosed(now) }
        case .reconcile(let run, _):
            var evidence: [WriteID: FoundEnding] = [:]
            for found in done.evidence {
                guard let write = WriteID(bytes: found.write) else { continue }
                evidence[write] = FoundEnding(
                    ending: WriteEnding(found.evidence) ?? .unknowable,
                    detail: found.detail,
                    at: found.committedAtUs == 0 ? nil : Timestamp(microseconds: Int64(clamping: found.committedAtUs))
                )
            }
            act(on: run) { $0.reconciled(evidence, now) }
        case .discard(let run):
            act(on: run) { $0.discarded(failure: nil, now) }
        case .check, .discover:
            errand.finish?(.success(done.json))
        }
    }

    /// The process of an errand died before it was done.
    func errandDied(_ id: ErrandID, _ how: String) {
        guard let errand = errands.removeValue(forKey: id) else { return }
        failed(errand, SluiceError(.internal, "its process died: \(how)", isRetriable: true))
    }

    /// A check fails for good; what a cancel waits for is ordered again, and the run says what it waits for.
    private func failed(_ errand: PendingErrand, _ error: SluiceError) {
        let name = errand.connection.name
        switch errand.kind {
        case .check, .discover:
            errand.finish?(.failure(error))
        case .closeGate(let run, let attempts):
            act(on: run) { $0.errandFailed("closing the gate at \"\(name)\": \(error.message)", now) }
            again(.closeGate(run, attempts), errand)
        case .reconcile(let run, let attempts):
            act(on: run) { $0.errandFailed("reconciling at \"\(name)\": \(error.message)", now) }
            again(.reconcile(run, attempts), errand)
        case .discard(let run):
            act(on: run) { $0.discarded(failure: "\"\(name)\": \(error.message)", now) }
        }
    }

    private func again(_ kind: PendingErrand.Kind, _ errand: PendingErrand) {
        postponed.append((now.advanced(by: Self.errandPause), kind, errand.connection))
    }

    /// Errands whose deadline has passed lose their process; those that failed are ordered again.
    func checkErrands(_ now: Timestamp) {
        for (id, errand) in errands where errand.deadline <= now {
            errands[id] = nil
            if let incarnation = errand.incarnation {
                kill([incarnation], reason: "its errand's deadline has passed")
            } else {
                fleet.withdrew(id)
            }
            let seconds = Self.errandDeadline.components.seconds
            failed(errand, SluiceError(.timedOut, "no answer within \(seconds) s", isRetriable: true))
        }
        let due = postponed.filter { $0.at <= now }
        postponed.removeAll { $0.at <= now }
        for (_, kind, connection) in due {
            guard let run = kind.run, runs[run] != nil else { continue }
            order(kind, on: connection)
        }
    }

    func withdrawErrands(of run: RunID) {
        for (id, errand) in errands where errand.kind.run == run {
            errands[id] = nil
            if let incarnation = errand.incarnation {
                kill([incarnation], reason: "its run has ended")
            } else {
                fleet.withdrew(id)
            }
        }
        postponed.removeAll { $0.kind.run == run }
    }
}

extension PendingErrand.Kind {
    var run: RunID? {
        switch self {
        case .closeGate(let run, _), .reconcile(let run, _), .discard(let run): run
        case .check, .discover: nil
        }
    }
}

extension WireFencedAttempt {
    init(_ facts: FencedAttemptFacts) {
        self.init()
        attempt = facts.attempt.wire
        writes = facts.writes.map { facts in
            var write = WirePermittedWrite()
            write.write = facts.write.wire
            write.transaction = facts.transaction
            write.system = facts.system
            return write
        }
    }
}
