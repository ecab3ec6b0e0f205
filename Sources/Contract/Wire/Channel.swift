/// One direction of one socket; what may be said on it.
public enum Channel: String, Sendable, Hashable, CaseIterable {
    /// `work`, worker to coordinator.
    case fromWorker = "worker"
    /// `work`, coordinator to worker.
    case toWorker = "coordinator to a worker"
    /// `fleet`, supervisor to coordinator.
    case fromSupervisor = "supervisor"
    /// `fleet`, coordinator to supervisor.
    case toSupervisor = "coordinator to a supervisor"
    /// `control`, coordinator to everybody.
    case control

    /// Whether a message of this kind belongs on the channel.
    public func carries(_ body: WireEnvelope.OneOf_Body) -> Bool {
        switch body {
        case .workerHello, .workerReady, .workerHeartbeat, .runOpened, .rangesPlanned, .intent,
            .outcome, .returned, .runFailed, .errandDone, .askState:
            self == .fromWorker
        case .welcome, .openRun, .planStream, .assign, .decision, .outcomeAck, .errand, .retire,
            .condemned:
            self == .toWorker
        case .heartbeatReply:
            self == .toWorker || self == .toSupervisor
        case .supervisorHello, .supervisorHeartbeat, .spawned, .died:
            self == .fromSupervisor
        case .supervisorWelcome, .spawn, .kill, .prove, .shutDown:
            self == .toSupervisor
        case .tick, .drain, .terminate:
            self == .control
        }
    }

    /// Whether its messages name the process that sent them.
    var hasIncarnation: Bool { self == .fromWorker || self == .fromSupervisor }
}

extension WireEnvelope.OneOf_Body {
    /// The name of the message's kind as in wire.proto: `intent`, `workerHello`.
    public var kind: String {
        Mirror(reflecting: self).children.first?.label ?? "message"
    }
}
