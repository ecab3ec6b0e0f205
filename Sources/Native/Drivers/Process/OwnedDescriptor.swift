internal import CProcess
internal import Synchronization

/// A file descriptor that is closed when nobody refers to it any more.
public final class OwnedDescriptor: Sendable {
    public let number: Int32
    private let isOpen = Atomic(true)

    /// Takes over `number`.
    public init(_ number: Int32) {
        self.number = number
    }

    deinit {
        close()
    }

    /// Closes it now; closing twice is fine.
    public func close() {
        if isOpen.exchange(false, ordering: .acquiringAndReleasing) {
            sluice_close(number)
        }
    }
}

/// A pipe that nobody writes to: when the process that holds `held` ends, however it ends, `watched` becomes readable.
public struct Lifeline: Sendable {
    /// Handed to the process that is to notice. Close it here after the hand-over.
    public let watched: OwnedDescriptor
    /// Kept as long as the other side is to live.
    public let held: OwnedDescriptor

    public init() throws {
        var readEnd: Int32 = -1
        var writeEnd: Int32 = -1
        try DriverError.check(sluice_pipe(&readEnd, &writeEnd), "create a pipe")
        watched = OwnedDescriptor(readEnd)
        held = OwnedDescriptor(writeEnd)
    }

    /// Keeps an inherited descriptor from being passed on to processes that are started from here.
    public static func closeOnExec(_ descriptor: Int32) throws {
        try DriverError.check(
            sluice_close_on_exec(descriptor),
            "mark descriptor \(descriptor) close-on-exec"
        )
    }
}
