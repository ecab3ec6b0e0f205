public import Model

/// What a worker process is started with.
public struct WorkerArguments: Sendable {
    /// The coordinator's ROUTER.
    public var work: String
    /// The coordinator's XPUB.
    public var control: String
    /// Of this process: its routing id.
    public var incarnation: Incarnation
    /// Of the supervisor that started it.
    public var supervisor: Incarnation
    /// Descriptor of a pipe that the supervisor holds open.
    public var lifeline: Int32
    /// Descriptor of this worker's lock file, locked by the supervisor; the lock lasts as long as this process.
    public var lock: Int32

    public init(
        work: String,
        control: String,
        incarnation: Incarnation,
        supervisor: Incarnation,
        lifeline: Int32,
        lock: Int32
    ) {
        self.work = work
        self.control = control
        self.incarnation = incarnation
        self.supervisor = supervisor
        self.lifeline = lifeline
        self.lock = lock
    }
}
