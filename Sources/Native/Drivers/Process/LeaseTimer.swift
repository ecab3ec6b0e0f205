internal import CProcess

/// Kills this process with SIGKILL at a given time, by the kernel: also when it is stopped, or busy, or stuck in a driver.
///
/// Armed for `sent + lease` of each heartbeat that was answered, so that a process cut off from its coordinator dies.
public final class LeaseTimer: @unchecked Sendable {
    private let timer: UnsafeMutableRawPointer

    /// Not armed yet.
    public init() throws {
        var created: UnsafeMutableRawPointer?
        try DriverError.check(sluice_lease_create(&created), "create the lease timer")
        guard let created else {
            throw DriverError(operation: "create the lease timer", text: "no timer")
        }
        timer = created
    }

    deinit {
        _ = sluice_lease_delete(timer)
    }

    /// Dies at `bootNanoseconds` of CLOCK_BOOTTIME (`SystemClock.bootNanoseconds`); at once if that is past.
    ///
    /// Replaces what was armed before. Any thread may call it.
    public func arm(until bootNanoseconds: Int64) throws {
        try DriverError.check(
            sluice_lease_arm(timer, max(1, bootNanoseconds)),
            "arm the lease timer"
        )
    }

    /// Lives on without a lease.
    public func disarm() throws {
        try DriverError.check(sluice_lease_arm(timer, 0), "disarm the lease timer")
    }
}
