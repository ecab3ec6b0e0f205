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
    /// Records of its withheld batches, and the number of those when they were counted.
    var withheld = (records: 0, batches: 0)

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
    /// Since when it does that.
    var since: Timestamp?
    var residentBytes: UInt64 = 0
    var lastHeardAt: Timestamp
    /// The worker's own clock (boot time, ns): when it last got on, and when it said so.
    var progressNanoseconds: UInt64 = 0
    var saidNanoseconds: UInt64 = 0
    var isReady = false
    /// Killed, retired or lost in a way that is nobody's crash.
    var deathIsOrdered = false

    /// Takes over what a heartbeat tells.
    mutating func heard(doing step: String, progressAt: UInt64, sentAt: UInt64, bytes: UInt64, _ now: Timestamp) {
        if step != doing || progressAt != progressNanoseconds {
            let age = Duration.nanoseconds(Int64(clamping: sentAt > progressAt ? sentAt - progressAt : 0))
            since = step.isEmpty ? nil : now.advanced(by: .zero - age)
        }
        doing = step
        progressNanoseconds = progressAt
        saidNanoseconds = sentAt
        residentBytes = bytes
    }
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
    /// When there were last more records than before.
    private(set) var lastProgressAt: Timestamp?

    /// A batch is 2 s of work at most: a run that has not got on for longer waits for something.
    private static let patience = Duration.seconds(5)

    mutating func note(_ records: Int, _ now: Timestamp) {
        if let last = samples.last, records > last.records { lastProgressAt = now }
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

    /// Until so many records are done at this rate; nil: nobody knows, because nothing moves.
    func secondsLeft(_ records: Int, _ now: Timestamp) -> Double? {
        let rate = perSecond(now)
        guard rate > 0, let lastProgressAt, now.since(lastProgressAt) <= Self.patience else { return nil }
        return Double(records) / rate
    }
}
