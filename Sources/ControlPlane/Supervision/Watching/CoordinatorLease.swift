internal import Drivers

/// How long the supervisor may go on without an answer of its coordinator. Times are CLOCK_BOOTTIME nanoseconds.
struct CoordinatorLease {
    /// When the next sign of life is to be sent.
    private(set) var nextBeat: Int64
    /// When the lease ends.
    private(set) var expiry: Int64
    /// The coordinator has answered our hello.
    private(set) var isWelcome = false
    private var interval = Duration.milliseconds(500)
    private var length: Duration
    private var lastSent: Int64
    private let timer: LeaseTimer?
    /// The kernel's turn comes after our own, which is the tidier end.
    private static let grace = Duration.seconds(2)

    /// Begins a lease now.
    init(length: Duration, isKernels: Bool) throws {
        let now = SystemClock.bootNanoseconds()
        self.length = length
        nextBeat = now
        lastSent = now
        expiry = now + length.nanoseconds
        timer = isKernels ? try LeaseTimer() : nil
        try arm()
    }

    var isExpired: Bool { expiry <= SystemClock.bootNanoseconds() }

    /// A sign of life is sent now; gives its time.
    @discardableResult
    mutating func beat() -> Int64 {
        lastSent = SystemClock.bootNanoseconds()
        nextBeat = lastSent + interval.nanoseconds
        return lastSent
    }

    /// The sign of life that was sent at `sentAt` was answered.
    mutating func answered(_ sentAt: Int64) throws {
        // What was never sent cannot be answered.
        let renewed = min(sentAt, lastSent) + length.nanoseconds
        guard renewed > expiry else { return }
        expiry = renewed
        try arm()
    }

    /// The hello was answered, with the coordinator's figures.
    mutating func welcomed(beat interval: Duration, length: Duration) throws {
        isWelcome = true
        self.interval = interval
        self.length = length
        expiry = lastSent + length.nanoseconds
        nextBeat = min(nextBeat, lastSent + interval.nanoseconds)
        try arm()
    }

    /// A new coordinator is to be greeted.
    mutating func forgetWelcome() {
        isWelcome = false
    }

    private func arm() throws {
        try timer?.arm(until: expiry + Self.grace.nanoseconds)
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
