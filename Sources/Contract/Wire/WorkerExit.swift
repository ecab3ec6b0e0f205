/// The statuses with which a worker process ends by itself.
public enum WorkerExit: Int32, Sendable {
    case done = 0
    case failed = 1
    /// The supervisor is gone (the lifeline's other end was closed).
    case orphaned = 70
    /// The run was terminated.
    case terminated = 71
    /// The coordinator does not know this incarnation, or not any more.
    case condemned = 72
    /// An errand was not done by its deadline.
    case overdue = 73

    /// Whether the worker was told to end, so that its end is no sign of something wrong with it.
    public var wasOrdered: Bool {
        switch self {
        case .done, .orphaned, .terminated, .condemned: true
        case .failed, .overdue: false
        }
    }
}
