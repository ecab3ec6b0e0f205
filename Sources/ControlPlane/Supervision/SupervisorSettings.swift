internal import Foundation
public import Model
public import Wire

/// What a supervisor process is told when it is started.
public struct SupervisorSettings: Sendable {
    /// Its own: its routing id on `fleet`.
    public var incarnation: Incarnation
    /// `fleet` is its own; `work` and `control` are passed on to workers.
    public var endpoints: Endpoints
    /// Path of `sluice-worker`.
    public var workerPath: String
    /// Holds one lock file per worker and one of the supervisor. Made when it is not there; only supervisors may delete
    /// in it, because a file that is missing is taken as evidence.
    public var lockDirectory: String
    /// Read end of a pipe whose other end the coordinator holds; at its end the supervisor ends.
    public var lifeline: Int32
    /// Workers on runs at a time.
    public var slots: Int
    /// Workers beyond those: warm spares, errands, and dying ones that are not reaped yet.
    public var spares: Int
    /// Deaths of workers that nobody ordered, within `deathWindow`, after which no more are started.
    public var deathsMax: Int
    public var deathWindow: Duration
    /// Without an answer of the coordinator for so long it ends, until a welcome says otherwise.
    public var lease: Duration
    /// Let the kernel kill this process if it cannot notice the end of its lease itself (stopped, stuck).
    ///
    /// Only where the process is the supervisor's alone.
    public var kernelLease: Bool
    /// Takes what an operator should read; nothing is said in normal operation.
    public var report: @Sendable (String) -> Void

    public init(
        incarnation: Incarnation,
        endpoints: Endpoints,
        workerPath: String,
        lockDirectory: String,
        lifeline: Int32,
        slots: Int,
        spares: Int = 8,
        deathsMax: Int = 30,
        deathWindow: Duration = .seconds(10),
        lease: Duration = .seconds(10),
        kernelLease: Bool = true,
        report: @escaping @Sendable (String) -> Void = SupervisorSettings.toStandardError
    ) {
        self.incarnation = incarnation
        self.endpoints = endpoints
        self.workerPath = workerPath
        self.lockDirectory = lockDirectory
        self.lifeline = lifeline
        self.slots = slots
        self.spares = spares
        self.deathsMax = deathsMax
        self.deathWindow = deathWindow
        self.lease = lease
        self.kernelLease = kernelLease
        self.report = report
    }

    /// From a command line: the endpoints as they are written, everything else by default.
    public init(
        incarnation: Incarnation,
        fleet: String,
        work: String,
        control: String,
        workerPath: String,
        lockDirectory: String,
        lifeline: Int32,
        slots: Int
    ) {
        self.init(
            incarnation: incarnation,
            endpoints: Endpoints(work: work, fleet: fleet, control: control),
            workerPath: workerPath,
            lockDirectory: lockDirectory,
            lifeline: lifeline,
            slots: slots
        )
    }

    var workersMax: Int { slots + spares }

    @Sendable public static func toStandardError(_ line: String) {
        FileHandle.standardError.write(Data("sluice supervisor: \(line)\n".utf8))
    }
}

/// Why a supervisor has ended. Its workers are dead and reaped by then.
public enum SupervisorEnd: Sendable, Hashable, CustomStringConvertible {
    /// The coordinator's process is gone.
    case lifelineCut
    /// The coordinator has not answered for a lease.
    case leaseExpired
    /// The coordinator said so.
    case shutDown(reason: String)

    public var description: String {
        switch self {
        case .lifelineCut: "the coordinator is gone"
        case .leaseExpired: "the coordinator has not answered for a lease"
        case .shutDown(let reason): "shut down: \(reason)"
        }
    }
}
