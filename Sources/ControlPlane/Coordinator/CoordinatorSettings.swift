import Drivers
import Wire

/// How a coordinator runs.
public struct CoordinatorSettings: Sendable {
    /// Worker processes on runs at a time.
    public var slots: Int
    /// Ready processes kept beyond those at work, for fencing and reconciling without a start-up.
    public var spares: Int
    /// 0700 directory for sockets and lock files.
    public var runtimeDirectory: String
    /// Starts the supervisor process of this host; it dies with the coordinator.
    public var startSupervisor: @Sendable (SupervisorOrder) throws -> any SupervisorChild
    /// Bytes that a worker may hold before it is replaced at a batch's end.
    public var workerBytesMax: Int
    /// Runs that were interrupted are taken up as held: nothing of them is permitted until somebody releases them.
    public var holdsInterrupted = false
    /// How long an end that does not answer is tried again before its run fails; nil: as long as a database takes to restart.
    public var patience: Duration?

    public init(
        slots: Int,
        spares: Int = 1,
        runtimeDirectory: String,
        workerBytesMax: Int = 256 << 20,
        startSupervisor: @escaping @Sendable (SupervisorOrder) throws -> any SupervisorChild
    ) {
        self.slots = slots
        self.spares = spares
        self.runtimeDirectory = runtimeDirectory
        self.workerBytesMax = workerBytesMax
        self.startSupervisor = startSupervisor
    }

    /// The directory for the sockets and lock files of the coordinator of this store; made if it is missing.
    ///
    /// - Parameter path: absolute, so that the same store always has the same directory: lock files in it prove deaths after
    ///   a crash.
    public static func runtimeDirectory(store path: String) throws -> String {
        let digest = Hash.digest(Array(path.utf8)).prefix(8)
        let name = digest.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        return try RuntimeDirectory.make(name: name.joined())
    }
}

/// What a supervisor process is started with.
public struct SupervisorOrder: Sendable {
    public var incarnation: String
    public var fleetEndpoint: String
    public var workEndpoint: String
    public var controlEndpoint: String
    public var lockDirectory: String
    public var slots: Int
}

/// The supervisor process, as the coordinator holds it.
public protocol SupervisorChild: AnyObject, Sendable {
    var pid: Int32 { get }
    /// Becomes readable when the process has ended.
    var deathDescriptor: Int32 { get }
    /// SIGKILL; its workers die with it.
    func kill()
    /// Collects the process after its death; says how it ended.
    func reap() -> String
}
