internal import CProcess
internal import Glibc

/// Wakes a thread that waits in `Poller`; any thread may ring.
public final class Doorbell: Sendable {
    /// Readable from the first `ring` until `silence`.
    public let descriptor: Int32

    public init() throws {
        descriptor = try DriverError.check(sluice_eventfd(), "create an eventfd")
    }

    deinit {
        sluice_close(descriptor)
    }

    /// Rings; ringing twice is ringing once.
    public func ring() {
        var one: UInt64 = 1
        while write(descriptor, &one, 8) < 0, errno == EINTR {}
    }

    /// Stops the ringing. Call it *before* looking at what it rang for, so that nothing is missed.
    public func silence() {
        var count: UInt64 = 0
        while read(descriptor, &count, 8) < 0, errno == EINTR {}
    }
}
