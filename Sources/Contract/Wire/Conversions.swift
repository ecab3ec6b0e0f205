public import Foundation
public import Model

extension Identifier {
    /// From a message's bytes; throws unless they are 16, which `Codec` has checked of the ids that must be there.
    public init(wire bytes: Data) throws(ProtocolViolation) {
        guard let value = Self(bytes: bytes) else {
            throw ProtocolViolation(sender: "a peer", what: "an id of \(bytes.count) bytes")
        }
        self = value
    }

    /// The same where an absent id is an empty one.
    public static func optional(wire bytes: Data) throws(ProtocolViolation) -> Self? {
        bytes.isEmpty ? nil : try Self(wire: bytes)
    }

    /// For a message.
    public var wire: Data { Data(bytes) }
}

extension KeyRange {
    public init(_ wire: WireKeyRange) {
        self.init(
            after: wire.hasAfter ? wire.after.values : nil,
            through: wire.hasThrough ? wire.through.values : nil
        )
    }
}

extension WireKeyRange {
    /// - Parameter records: the planned number of records.
    public init(_ range: KeyRange, records: Int) {
        self.init()
        if let values = range.after { after = WireKeyBound(values) }
        if let values = range.through { through = WireKeyBound(values) }
        self.records = Int64(records)
    }
}

extension WireKeyBound {
    /// One value per key column.
    public init(_ values: [String]) {
        self.init()
        self.values = values
    }
}

extension WireBatchKind {
    public init(_ kind: BatchKind) {
        switch kind {
        case .records: self = .records
        case .swap: self = .swap
        case .deletes: self = .deletes
        }
    }
}

extension BatchKind {
    /// nil for a kind that is not known, which `Codec` refuses.
    public init?(_ kind: WireBatchKind) {
        switch kind {
        case .records: self = .records
        case .swap: self = .swap
        case .deletes: self = .deletes
        case .UNRECOGNIZED: return nil
        }
    }
}

extension WireDecision.Verb {
    /// A permit that was withdrawn was never sent; asked again for it, the worker is refused.
    public init(_ decision: PermitDecision) {
        switch decision {
        case .permit: self = .permit
        case .refuse, .withdrawn: self = .refuse
        case .retry: self = .retry
        }
    }
}

extension PermitDecision {
    /// nil for a verb that is not known, which `Codec` refuses.
    public init?(_ verb: WireDecision.Verb) {
        switch verb {
        case .permit: self = .permit
        case .refuse: self = .refuse
        case .retry: self = .retry
        case .unspecified, .UNRECOGNIZED: return nil
        }
    }
}

extension WireDesired {
    /// What workers of a run in `state` shall do.
    public init(_ state: RunState) {
        switch state {
        case .queued, .running: self = .run
        case .held: self = .hold
        case .draining: self = .drain
        case .terminating, .reconciling, .completed, .cancelled, .failed: self = .terminate
        }
    }
}

extension WriteEnding {
    /// What a worker says of its own write; nil while it is unsure.
    public init?(_ ending: WireEnding) {
        switch ending {
        case .committed: self = .committed
        case .rolledBack: self = .rolledBack
        case .unsure, .unspecified, .UNRECOGNIZED: return nil
        }
    }

    /// What reconciliation found; nil for evidence that is not known, which `Codec` refuses.
    public init?(_ evidence: WireEvidence) {
        switch evidence {
        case .applied: self = .committed
        case .notApplied: self = .rolledBack
        case .unknowable: self = .unknowable
        case .unspecified, .UNRECOGNIZED: return nil
        }
    }
}

extension SluiceError {
    /// A code that is not known here is `internal`.
    public init(_ failure: WireFailure) {
        self.init(
            ErrorCode(rawValue: failure.code) ?? .internal,
            failure.message,
            isRetriable: failure.retriable
        )
    }
}

extension WireFailure {
    public init(_ error: SluiceError) {
        self.init()
        code = error.code.rawValue
        message = error.message
        retriable = error.isRetriable
    }
}

extension WireProof {
    /// The proof's name in the store and in views; nil: it proves nothing.
    public var name: String? {
        switch self {
        case .reaped: "reaped"
        case .lockFree: "lock_free"
        case .otherBoot: "other_boot"
        case .attested: "attested"
        case .none, .unspecified, .UNRECOGNIZED: nil
        }
    }

    /// From a name that `name` gave.
    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}
