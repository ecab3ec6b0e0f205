/// The states of a run.
///
///     queued       -> running | cancelled | failed
///     running      -> held | draining | terminating | completed
///     held         -> running | draining | terminating
///     draining     -> terminating | cancelled | completed | failed
///     terminating  -> reconciling
///     reconciling  -> cancelled | failed
///
/// `completed`, `cancelled` and `failed` are terminal. A run that is going to fail passes through `draining` or
/// `terminating` with a pending end.
public enum RunState: String, Hashable, Sendable, Codable, CaseIterable {
    case queued
    case running
    case held
    case draining
    case terminating
    case reconciling
    case completed
    case cancelled
    case failed

    public var isTerminal: Bool {
        self == .completed || self == .cancelled || self == .failed
    }
}

public enum RunKind: String, Hashable, Sendable, Codable, CaseIterable {
    case sync
}

/// The states of a batch.
///
///     queued -> assigned -> running -> done
///     assigned, running -> returned -> queued | withheld
///     assigned, running -> condemned -> closed -> reconciled -> done | queued | withheld | quarantined
///     queued -> split
///
/// `running`: the coordinator has recorded the first intent of its attempt. `withheld`: the run ended before it was done.
/// `split`: workers died of it; smaller batches took its place. `quarantined`: so did one that cannot be split.
public enum BatchState: String, Hashable, Sendable, Codable, CaseIterable {
    case queued
    case assigned
    case running
    case done
    case withheld
    case condemned
    case split
    case quarantined

    /// Nothing more happens to it.
    public var isOver: Bool {
        switch self {
        case .done, .withheld, .split, .quarantined: true
        case .queued, .assigned, .running, .condemned: false
        }
    }
}

/// What a batch does at the destination.
public enum BatchKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// Writes the records of a range.
    case records
    /// Puts the new table of a `replace` stream in the place of the old one: one write for all of its records.
    case swap
    /// Deletes what the source of a `mirror` stream has no more.
    case deletes
}

/// The states of an attempt.
///
///     open -> done | returned | condemned
///     condemned -> closed -> reconciled
public enum AttemptState: String, Hashable, Sendable, Codable, CaseIterable {
    case open
    case done
    case returned
    case condemned
    case closed
    case reconciled
}

public enum CancelMode: String, Hashable, Sendable, Codable, CaseIterable {
    case graceful
    case force
}

/// The coordinator's answer to an intent, stored with it.
public enum PermitDecision: String, Hashable, Sendable, Codable, CaseIterable {
    case permit
    case refuse
    case retry
    /// A permit that was stored and never sent.
    case withdrawn
}

/// What became of a write's transaction.
public enum WriteEnding: String, Hashable, Sendable, Codable, CaseIterable {
    case committed
    case rolledBack = "rolled_back"
    /// The evidence that would tell is gone.
    case unknowable
}

public enum RecordOperation: String, Hashable, Sendable, Codable, CaseIterable {
    case insert
    case update
    case delete
    case reject
}

/// What is known of a touched record.
public enum Verdict: String, Hashable, Sendable, Codable, CaseIterable {
    case applied
    case unchanged
    case rejected
    case notApplied = "not_applied"
    case conflicted
    case unknowable
    /// Permitted and not yet reconciled.
    case indeterminate
    /// No decision was reached for it.
    case notAttempted = "not_attempted"
    /// Workers died of it; it is not written in this run.
    case quarantined
    /// In the new table of a `replace` stream, which is not in its place yet.
    case staged
}

extension Verdict {
    /// The verdict of a record with `operation` in a write that was decided and ended so (nil: open).
    public init(operation: RecordOperation, decision: PermitDecision, ending: WriteEnding?) {
        switch (decision, ending) {
        case (.permit, .none): self = .indeterminate
        case (.permit, _) where operation == .reject: self = .rejected
        case (.permit, .unknowable): self = .unknowable
        case (.permit, .committed): self = .applied
        case (.permit, .rolledBack): self = .notApplied
        case (.refuse, _), (.retry, _), (.withdrawn, _): self = .notAttempted
        }
    }

    /// The verdict of a record that lies in the new table of a `replace` stream, whose swap ended so (nil: it has not).
    public init(staged swap: WriteEnding?) {
        switch swap {
        case nil: self = .staged
        case .committed: self = .applied
        case .rolledBack: self = .notApplied
        case .unknowable: self = .unknowable
        }
    }
}
