import Wire

/// What the coordinator wants, as the work thread sees it between two steps.
struct Orders: Equatable, Sendable {
    var desired = WireDesired.run
    /// The process is going to exit as soon as it holds nothing any more.
    var isLeaving = false
    /// RSS above which the process makes room for a fresh one after a batch; nil: no bound.
    var residentBytesMax: UInt64?

    /// A batch may be begun.
    var mayStart: Bool { desired == .run && !isLeaving }

    /// An intent may be sent. A draining run finishes the batches it has started: those with an intent out before.
    func mayIntend(isStarted: Bool) -> Bool {
        mayStart || (isStarted && desired == .drain && !isLeaving)
    }

    /// What has its intent out goes on waiting for its permit.
    var mayWaitForPermit: Bool { desired != .hold && !isLeaving }

    /// More ranges may be wanted: also of a held run, which may go on.
    var mayPlan: Bool { desired != .drain && !isLeaving }

    /// Why something is not begun, in words for `Returned`.
    var reason: String {
        if isLeaving { return "the worker is leaving" }
        switch desired {
        case .drain: return "the run is draining"
        case .hold: return "the run is held"
        default: return "the run goes on"
        }
    }
}
