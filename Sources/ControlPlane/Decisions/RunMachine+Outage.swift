public import Model

/// An end of the run that does not answer, as a database does that is restarted: the run is opened again and again, at
/// longer and longer intervals.
struct Outage: Sendable {
    private static let firstPause = Duration.milliseconds(250)
    private static let longestPause = Duration.seconds(5)

    /// Since when nobody could open the run.
    private(set) var since: Timestamp
    private var pause = Outage.firstPause
    /// When a worker may try next; nil: now.
    private(set) var nextTry: Timestamp?

    init(_ now: Timestamp) {
        since = now
    }

    /// One more failure.
    ///
    /// - Parameter isPartial: another worker has the run open.
    mutating func note(isPartial: Bool, _ now: Timestamp) {
        if isPartial { since = now }
        nextTry = now.advanced(by: pause)
        pause = min(pause * 2, Self.longestPause)
    }

    /// The time to try has come.
    mutating func goOn() {
        nextTry = nil
    }
}

extension RunMachine {
    /// A worker cannot go on with the run.
    ///
    /// With a passing error it is replaced, and the next one tries after a pause; the run fails when nobody could open it
    /// for as long as its limits have patience.
    public mutating func runFailed(_ incarnation: Incarnation, _ error: SluiceError, _ now: Timestamp) -> Steps {
        var steps = Steps()
        guard let worker = workers[incarnation] else { return steps }
        guard error.isRetriable else {
            fail(error.message, now, &steps)
            return steps
        }
        guard worker.state == .opening || worker.state == .open else { return steps }
        workers[incarnation]?.state = .retiring
        // What it was cutting into ranges goes to another.
        workers[incarnation]?.planning = nil
        let what = worker.state == .opening ? "cannot open the run" : "cannot go on with the run"
        log(.warning, "\(what): \(error.message)", by: incarnation, at: now, &steps)
        steps.directives.append(.retireWorker(incarnation, reason: error.message))
        if worker.state == .open {
            noteUnplanned(error.message, now, &steps)
        } else if !isExplained(worker) {
            noteOutage(error.message, now, &steps)
        }
        planNext(now, &steps)
        openWaiting(&steps)
        return steps
    }

    /// The view's holder died between the order and its execution: the next process takes another view. A second failure with
    /// the same holder is more than that.
    private mutating func isExplained(_ worker: RunWorker) -> Bool {
        worker.viewOf.map { lostViews.insert($0).inserted } ?? false
    }

    private mutating func noteOutage(_ reason: String, _ now: Timestamp, _ steps: inout Steps) {
        guard record.state == .running || record.state == .held else { return }
        var found = outage ?? Outage(now)
        let isPartial = workers.values.contains { $0.state == .open }
        found.note(isPartial: isPartial, now)
        outage = found
        // As long as one has it open the run gets on.
        if isPartial { return }
        if record.state == .running, now.since(found.since) >= limits.patience {
            fail(reason, now, &steps)
        } else if record.blockedOn != reason {
            record.blockedOn = reason
            save(from: record.state, &steps)
        }
    }

    /// A worker that had the run open could not cut a stream into ranges.
    private mutating func noteUnplanned(_ reason: String, _ now: Timestamp, _ steps: inout Steps) {
        let since = unplannedSince ?? now
        unplannedSince = since
        if now.since(since) >= limits.patience { fail(reason, now, &steps) }
    }

    /// A worker has the run open.
    mutating func outageIsOver(_ steps: inout Steps) {
        guard outage != nil else { return }
        outage = nil
        guard record.blockedOn != nil, record.state == .running || record.state == .held else { return }
        record.blockedOn = nil
        save(from: record.state, &steps)
    }
}
