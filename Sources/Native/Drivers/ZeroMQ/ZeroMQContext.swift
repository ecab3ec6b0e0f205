internal import CZeroMQ

/// The input/output threads that sockets of a process share.
///
/// It may be used from any thread. It ends when it and all its sockets are released; it never crosses a fork that is not
/// followed by an `execve`.
public final class ZeroMQContext: @unchecked Sendable {
    let handle: UnsafeMutableRawPointer

    public init(ioThreads: Int = 1) throws {
        guard let handle = zmq_ctx_new() else { throw DriverError.zeroMQ("create a context") }
        self.handle = handle
        guard zmq_ctx_set(handle, ZMQ_IO_THREADS, Int32(clamping: ioThreads)) == 0 else {
            throw DriverError.zeroMQ("set \(ioThreads) input/output threads")
        }
    }

    deinit {
        // Sockets hold the context, so all of them are closed: this does not wait.
        while zmq_ctx_term(handle) != 0, zmq_errno() == EINTR {}
    }
}

extension DriverError {
    /// From the last error of libzmq on this thread.
    static func zeroMQ(_ operation: String) -> DriverError {
        let number = zmq_errno()
        return DriverError(
            operation: operation,
            text: String(cString: zmq_strerror(number)),
            number: number
        )
    }
}
