public import Model

/// Why a run that is taken up does not go on by itself.
public struct HoldOrder: Sendable, Hashable {
    public var cause: HoldRecord.Cause
    public var reason: String

    public init(_ cause: HoldRecord.Cause, _ reason: String) {
        self.cause = cause
        self.reason = reason
    }
}

extension RunMachine {
    /// Holds a run that an earlier coordinator left unfinished, before anything of it goes on.
    ///
    /// One that was held for a frozen destination would go on with it: now it waits for a person. One that waits for a person
    /// already says, too, that it is no longer what its job is.
    mutating func hold(takenUp order: HoldOrder, _ now: Timestamp, _ steps: inout Steps) {
        guard record.state == .held else {
            hold(order.cause, order.reason, actor: "coordinator", now, &steps)
            return
        }
        if record.hold?.cause == .frozen {
            record.hold = HoldRecord(cause: order.cause, actor: "coordinator", at: now)
            record.reason = order.reason
        } else if order.cause == .outdated, let before = record.reason, !before.hasPrefix(order.reason) {
            record.reason = "\(order.reason); \(before)"
        } else {
            return
        }
        save(from: .held, &steps)
        audit("run_held", at: now, actor: "coordinator", detail: order.reason, level: .warning, &steps)
    }

    /// Lets a run go on that was held for its job being another one, which is now again what the run began with.
    mutating func releaseIfRestored(_ now: Timestamp, _ steps: inout Steps) {
        guard record.state == .held, record.hold?.cause == .outdated else { return }
        record.state = .running
        record.hold = nil
        record.reason = nil
        save(from: .held, &steps)
        audit("run_released", at: now, actor: "coordinator", detail: "its job is what it began with again", &steps)
    }
}
