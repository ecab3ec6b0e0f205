/// When the next heartbeat is due, and which ones were answered. Times are ns of CLOCK_BOOTTIME.
struct Heartbeats {
    private(set) var nextAt: Int64
    /// When the newest heartbeat that was answered had been sent; 0: none yet.
    private(set) var lastAnswered: Int64 = 0
    private var lastSent: Int64 = 0
    private var interval = Duration.milliseconds(500)

    init(startingAt now: Int64) {
        nextAt = now + interval.nanoseconds
    }

    /// From now on one is due every `interval`, the first at once.
    mutating func restart(every interval: Duration) {
        self.interval = interval
        nextAt = 0
    }

    /// Whether one is due; if so the next one is an interval away.
    mutating func isDue(at now: Int64) -> Bool {
        guard now >= nextAt else { return false }
        nextAt = now + interval.nanoseconds
        return true
    }

    mutating func sent(at now: Int64) {
        lastSent = now
    }

    /// Takes note of an answer.
    ///
    /// - Returns: whether it is news: an answer to a heartbeat that was sent, later than the last one answered.
    mutating func answered(_ sentAt: Int64) -> Bool {
        guard sentAt > lastAnswered, sentAt <= lastSent else { return false }
        lastAnswered = sentAt
        return true
    }
}
