public import Model

extension RunMachine {
    /// No permit any more until somebody lets the run go on; what is open is rolled back and given out again.
    mutating func hold(
        _ cause: HoldRecord.Cause,
        _ reason: String,
        actor: String,
        _ now: Timestamp,
        _ steps: inout Steps
    ) {
        guard record.state == .running else { return }
        record.state = .held
        record.hold = HoldRecord(cause: cause, actor: actor, at: now)
        record.reason = reason
        save(from: .running, &steps)
        audit("run_held", at: now, actor: actor, detail: reason, level: .warning, &steps)
    }

    /// Lets a held run go on.
    public mutating func released(actor: String, _ now: Timestamp) -> Steps {
        var steps = Steps()
        guard record.state == .held else { return steps }
        record.state = .running
        let cause = record.hold?.cause
        record.hold = nil
        record.reason = nil
        intensity.forget()
        outage = nil
        save(from: .held, &steps)
        audit("run_released", at: now, actor: actor, detail: "", &steps)
        if cause == .deletes { queueHeldDeletes(now, &steps) }
        steps.directives.append(.wantWorkers(workersWanted))
        openWaiting(&steps)
        planNext(now, &steps)
        assign(now, &steps)
        checkEnd(now, &steps)
        return steps
    }

    /// The destination was frozen: nothing is permitted, also not to a run that drains.
    public mutating func destinationFrozen(_ reason: String, actor: String, _ now: Timestamp) -> Steps {
        var steps = Steps()
        isFrozen = true
        hold(.frozen, reason, actor: actor, now, &steps)
        return steps
    }

    /// The destination takes writes again; a run that was held for that alone goes on.
    public mutating func destinationUnfrozen(actor: String, _ now: Timestamp) -> Steps {
        isFrozen = false
        guard record.state == .held, record.hold?.cause == .frozen else { return Steps() }
        return released(actor: actor, now)
    }
}
