import Foundation
import Model
import SwiftProtobuf
import Wire

/// An errand and the time by which it must be done.
struct RunningErrand {
    private let errand: Data
    private let limit: Duration
    private let deadline: Int64

    /// nil when it has no deadline.
    init?(_ message: WireErrand, at now: Int64) {
        guard message.deadlineMs > 0 else { return nil }
        errand = message.errand
        limit = .milliseconds(message.deadlineMs)
        deadline = now + limit.nanoseconds
    }

    func isOverdue(at now: Int64) -> Bool { now >= deadline }

    /// The answer of a process whose work thread gives none.
    var failure: WireErrandDone {
        .with {
            $0.errand = errand
            $0.failure = WireFailure(
                SluiceError(
                    .timedOut,
                    "the errand was not done within \(limit.milliseconds) ms; its process ends; try again",
                    isRetriable: true
                )
            )
        }
    }
}
