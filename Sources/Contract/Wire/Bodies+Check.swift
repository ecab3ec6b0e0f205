internal import Foundation
internal import Model

extension WireEnvelope.OneOf_Body {
    /// Ids, enumerations, presence and bounds of every field that somebody will rely on.
    func check(_ check: Check) throws(ProtocolViolation) {
        switch self {
        case .workerHello, .workerReady, .workerHeartbeat, .runOpened, .rangesPlanned, .intent,
            .outcome, .returned, .runFailed, .errandDone, .askState:
            try checkFromWorker(check)
        case .welcome, .heartbeatReply, .openRun, .planStream, .assign, .decision, .outcomeAck,
            .errand, .retire, .condemned:
            try checkToWorker(check)
        default:
            try checkOthers(check)
        }
    }

    private func checkFromWorker(_ check: Check) throws(ProtocolViolation) {
        switch self {
        case .workerHello(let hello):
            try check.id(hello.supervisor, "supervisor")
            for open in hello.openAttempts {
                try check.id(open.attempt, "attempt")
                try check.optionalID(open.write, "write")
            }
        case .workerHeartbeat(let heartbeat):
            try check.optionalID(heartbeat.attempt, "attempt")
        case .runOpened(let opened):
            try check.id(opened.run, "run")
        case .rangesPlanned(let planned):
            try check.id(planned.run, "run")
            try check.atMost(WireRangesPlanned.rangesMax, planned.ranges.count, "ranges")
            for range in planned.ranges { try range.check(check) }
            let (rows, owned) = (Int(clamping: planned.deletes.rows), Int(clamping: planned.deletes.owned))
            try check.atMost(owned, rows, "rows to be deleted")
        case .intent(let intent):
            try intent.check(check)
        case .outcome(let outcome):
            try check.id(outcome.attempt, "attempt")
            try check.id(outcome.write, "write")
            try check.digest(outcome.digest)
            try check.known(outcome.ending, "ending")
        case .returned(let returned):
            try check.id(returned.attempt, "attempt")
        case .runFailed(let failed):
            try check.id(failed.run, "run")
            try check.present(failed.hasFailure, "failure")
        case .errandDone(let done):
            try check.id(done.errand, "errand")
            try check.ids(done.closedFences, "closed_fences")
            for found in done.evidence {
                try check.id(found.write, "write")
                try check.known(found.evidence, "evidence")
            }
        default:
            break
        }
    }

    private func checkToWorker(_ check: Check) throws(ProtocolViolation) {
        switch self {
        case .welcome(let welcome):
            try check.known(welcome.desired, "desired")
            try check.id(welcome.installation, "installation")
            try check.present(welcome.heartbeatMs > 0, "heartbeat_ms")
            try check.present(welcome.leaseMs > 0, "lease_ms")
        case .heartbeatReply(let reply):
            try check.known(reply.desired, "desired")
        case .openRun(let open):
            try check.id(open.run, "run")
            try check.id(open.installation, "installation")
        case .planStream(let plan):
            try check.id(plan.run, "run")
            try check.present(plan.recordsPerBatch > 0, "records_per_batch")
            try check.present(BatchKind(plan.kind) != nil, "kind")
        case .assign(let assign):
            try check.id(assign.run, "run")
            try check.id(assign.batch, "batch")
            try check.id(assign.attempt, "attempt")
            try check.present(BatchKind(assign.kind) != nil, "kind")
            try check.present(assign.hasRange, "range")
            try assign.range.check(check)
        case .decision(let decision):
            try check.id(decision.attempt, "attempt")
            try check.id(decision.write, "write")
            try check.known(decision.verb, "verb")
            try check.known(decision.desired, "desired")
        case .outcomeAck(let ack):
            try check.id(ack.attempt, "attempt")
            try check.id(ack.write, "write")
            try check.known(ack.desired, "desired")
        case .errand(let errand):
            try errand.check(check)
        default:
            break
        }
    }

    private func checkOthers(_ check: Check) throws(ProtocolViolation) {
        switch self {
        case .supervisorHello(let hello):
            for worker in hello.workers { try check.id(worker.incarnation, "incarnation") }
        case .supervisorHeartbeat(let heartbeat):
            for worker in heartbeat.workers { try check.id(worker.incarnation, "incarnation") }
        case .spawned(let spawned):
            try check.id(spawned.worker, "worker")
        case .died(let died):
            try check.id(died.worker, "worker")
            try check.known(died.proof, "proof")
        case .supervisorWelcome(let welcome):
            try check.present(welcome.heartbeatMs > 0, "heartbeat_ms")
            try check.present(welcome.leaseMs > 0, "lease_ms")
        case .spawn(let spawn):
            try check.id(spawn.worker, "worker")
        case .kill(let kill):
            try check.ids(kill.workers, "workers")
        case .prove(let prove):
            try check.id(prove.worker, "worker")
        case .drain(let drain):
            try check.id(drain.run, "run")
        case .terminate(let terminate):
            try check.optionalID(terminate.run, "run")
            try check.ids(terminate.workers, "workers")
            try check.present(!terminate.run.isEmpty || !terminate.workers.isEmpty, "run or workers")
        default:
            break
        }
    }
}

extension WireRangesPlanned {
    /// Ranges in one piece.
    public static let rangesMax = 500
}

extension WireKeyRange {
    fileprivate func check(_ check: Check) throws(ProtocolViolation) {
        guard !hasAfter || !hasThrough || after.values.count == through.values.count else {
            throw check.violation("the bounds of a range have different numbers of key columns")
        }
        guard records >= 0 else { throw check.violation("a range of \(records) records") }
    }
}

extension WireIntent {
    fileprivate func check(_ check: Check) throws(ProtocolViolation) {
        try check.id(run, "run")
        try check.id(batch, "batch")
        try check.id(attempt, "attempt")
        try check.id(write, "write")
        try check.digest(digest)
        try check.present(hasHeader, "header")
        let parts = [
            header.inserted, header.updated, header.deleted, header.unchanged, header.rejected,
        ]
        let sum = parts.reduce(0) { $0 + UInt64($1) }
        guard UInt64(header.records) == sum else {
            throw check.violation("header.records is \(header.records), its parts add up to \(sum)")
        }
        try check.atMost(BatchLimits.recordsMax, Int(header.records), "records")
        let journalled = Int(header.records - header.unchanged)
        guard header.keyHashes.count == 4 * journalled else {
            throw check.violation(
                "header.key_hashes has \(header.keyHashes.count) bytes for \(journalled) records"
            )
        }
        guard journalled == 0 || !segment.isEmpty else {
            throw check.violation("\(journalled) journalled records and no segment")
        }
    }
}

extension WireErrand {
    fileprivate func check(_ check: Check) throws(ProtocolViolation) {
        try check.id(errand, "errand")
        switch kind {
        case .closeGate(let close):
            try check.id(close.run, "run")
            try check.id(close.installation, "installation")
            try Self.check(close.attempts, check)
        case .reconcile(let reconcile):
            try check.id(reconcile.run, "run")
            try check.id(reconcile.installation, "installation")
            try Self.check(reconcile.attempts, check)
        case .discard(let discard):
            try check.id(discard.run, "run")
            try check.id(discard.installation, "installation")
        case .check, .discover:
            break
        case nil:
            throw check.violation("no errand of a known kind")
        }
    }

    private static func check(
        _ attempts: [WireFencedAttempt],
        _ check: Check
    ) throws(ProtocolViolation) {
        for attempt in attempts {
            try check.id(attempt.attempt, "attempt")
            for write in attempt.writes { try check.id(write.write, "write") }
        }
    }
}
