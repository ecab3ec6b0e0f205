import Model
import Wire

/// What the event loop does because of a message.
enum Directive: Equatable {
    case send(WireEnvelope.OneOf_Body)
    /// Say HELLO, with what is in hand: a new coordinator does not know this worker.
    case introduce
    /// The coordinator has welcomed this worker on these terms.
    case settled(Terms)
    /// The desired state has changed.
    case obey(WireDesired)
    case heartbeatAnswered(sentAt: UInt64)
    case execute(Command)
    case decided(WireDecision)
    case acknowledged(WriteID)
    /// Return what is not started, then exit with 0.
    case leave(reason: String)
    /// `_exit`, now, without any cleaning up.
    case exit(WorkerExit, reason: String)
    case complain(String)
}

/// What the work thread is given to do.
enum Command: Equatable, Sendable {
    case openRun(WireOpenRun)
    case planStream(WirePlanStream)
    case assign(Assignment)
    case errand(WireErrand)
}

/// The coordinator's terms for this worker.
struct Terms: Equatable {
    var heartbeat = Duration.milliseconds(500)
    /// How long after the last answered heartbeat was sent the kernel kills the process.
    var lease = Duration.seconds(10)
    /// RSS above which the worker makes room for a fresh one; nil: no bound.
    var residentBytesMax: UInt64?

    init() {}

    /// A zero is no term: the default stays.
    init(_ welcome: WireWelcome) {
        if welcome.heartbeatMs > 0 { heartbeat = .milliseconds(welcome.heartbeatMs) }
        if welcome.leaseMs > 0 { lease = .milliseconds(welcome.leaseMs) }
        if welcome.residentBytesMax > 0 { residentBytesMax = welcome.residentBytesMax }
    }
}
