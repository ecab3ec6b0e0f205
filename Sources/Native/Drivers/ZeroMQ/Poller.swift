internal import CZeroMQ

/// Which of the sockets and descriptors that were waited for have something, in the order they were given.
public struct Readiness: Sendable, Hashable {
    public let sockets: [Bool]
    public let descriptors: [Bool]

    public var isEmpty: Bool { !sockets.contains(true) && !descriptors.contains(true) }
}

/// Waits for several sockets, pidfds, eventfds and pipes at a time.
public enum Poller {
    /// Waits until one is readable (a pipe also when its other end is closed), or until the time is over.
    ///
    /// nil: no limit. Zero: looks and returns. Sockets belong to the calling thread.
    public static func wait(
        sockets: [ZeroMQSocket],
        descriptors: [Int32],
        timeout: Duration?
    ) throws -> Readiness {
        var items = sockets.map {
            zmq_pollitem_t(socket: $0.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
        }
        items += descriptors.map {
            zmq_pollitem_t(socket: nil, fd: $0, events: Int16(ZMQ_POLLIN), revents: 0)
        }
        let deadline = timeout.map { ContinuousClock.now.advanced(by: $0) }
        while true {
            let left = deadline.map { max(.zero, ContinuousClock.now.duration(to: $0)).millisecondsUp }
            guard zmq_poll(&items, Int32(items.count), left ?? -1) < 0 else { break }
            guard zmq_errno() == EINTR else {
                throw DriverError.zeroMQ(
                    "wait for \(sockets.count) sockets and \(descriptors.count) descriptors"
                )
            }
        }
        let ready = items.map { $0.revents != 0 }
        return Readiness(
            sockets: Array(ready.prefix(sockets.count)),
            descriptors: Array(ready.suffix(descriptors.count))
        )
    }
}
