import Decisions
import Model
import Wire

/// A run that has not ended, with what belongs to it outside its machine.
final class ActiveRun {
    var machine: RunMachine
    let job: JobSpec
    let source: ConnectionSpec
    let destination: ConnectionSpec
    var meter = RateMeter()

    init(machine: RunMachine, job: JobSpec, source: ConnectionSpec, destination: ConnectionSpec) {
        self.machine = machine
        self.job = job
        self.source = source
        self.destination = destination
    }
}

/// A run that waits for slots.
struct QueuedRun {
    var record: RunRecord
    /// The version that it is going to run.
    let job: JobSpec
}

/// A worker process as the coordinator sees it.
struct LiveWorker {
    var record: WorkerRecord
    var state = WorkerState.starting
    var doing = "starting"
    var residentBytes: UInt64 = 0
    var lastHeardAt: Timestamp
    /// The worker's own clock (boot time, ns): when it last got on, and when it said so.
    var progressNanoseconds: UInt64 = 0
    var saidNanoseconds: UInt64 = 0
    var isReady = false
    /// Killed, retired or lost in a way that is nobody's crash.
    var deathIsOrdered = false
}

/// The supervisor of this host.
struct SupervisorLink {
    var child: (any SupervisorChild)?
    var routing: [UInt8]?
    /// Sent once it has said hello.
    var waiting: [WireEnvelope.OneOf_Body] = []
    var starts = 0

    var deathDescriptor: Int32 { child?.deathDescriptor ?? -1 }
}

/// Work outside a run's data path, in a process of its own with a deadline.
struct PendingErrand {
    enum Kind {
        case closeGate(RunID, [FencedAttemptFacts])
        case reconcile(RunID, [FencedAttemptFacts])
        case discard(RunID)
        case check
        case discover(stream: String)
    }

    var kind: Kind
    var connection: ConnectionSpec
    var incarnation: Incarnation?
    var deadline: Timestamp
    /// Of check and discover: told once.
    var finish: (@Sendable (Result<String, SluiceError>) -> Void)?
}

/// Records a second over the last ten seconds.
struct RateMeter {
    private var samples: [(at: Timestamp, records: Int)] = []

    mutating func note(_ records: Int, _ now: Timestamp) {
        if let last = samples.last, last.records == records, now.since(last.at) < .milliseconds(500) { return }
        samples.append((now, records))
        while samples.count > 2, now.since(samples[1].at) > .seconds(10) {
            samples.removeFirst()
        }
    }

    func perSecond(_ now: Timestamp) -> Double {
        guard let first = samples.first, let last = samples.last else { return 0 }
        let seconds = Double(now.since(first.at).microseconds) / 1_000_000
        guard seconds > 0.05 else { return 0 }
        return Double(last.records - first.records) / seconds
    }
}
