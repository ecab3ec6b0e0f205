internal import CZeroMQ

/// What became of a message that was handed to a socket.
public enum SendResult: Sendable, Hashable {
    /// Queued; that says nothing of its arrival.
    case sent
    /// The high-water mark is reached (or a dealer has no peer): nothing was queued.
    case full
    /// The router knows no such peer: nothing was queued.
    case unreachable
}

/// A ZeroMQ socket: made, used and closed on one thread. Nothing here blocks; `Poller` waits.
public final class ZeroMQSocket {
    /// Frames of a message beyond this number are dropped; no message of ours has as many.
    public static let framesMax = 16

    public let kind: SocketKind
    private let context: ZeroMQContext
    private(set) var handle: UnsafeMutableRawPointer?
    /// Small messages live in it itself, so it must not move.
    private let message = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)

    public init(
        _ kind: SocketKind,
        in context: ZeroMQContext,
        options: SocketOptions = SocketOptions()
    ) throws {
        let type: Int32 =
            switch kind {
            case .router: ZMQ_ROUTER
            case .dealer: ZMQ_DEALER
            case .xpub: ZMQ_XPUB
            case .sub: ZMQ_SUB
            }
        self.kind = kind
        self.context = context
        zmq_msg_init(message)
        guard let handle = zmq_socket(context.handle, type) else {
            throw DriverError.zeroMQ("create a \(kind) socket")
        }
        self.handle = handle
        try apply(options)
    }

    deinit {
        close()
        zmq_msg_close(message)
        message.deallocate()
    }

    /// Binds and gives the actual endpoint, a wildcard resolved.
    @discardableResult
    public func bind(_ endpoint: String) throws -> String {
        guard zmq_bind(handle, endpoint) == 0 else { throw DriverError.zeroMQ("bind \(endpoint)") }
        var size = 512
        let actual = try withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
            guard let base = buffer.baseAddress,
                zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, base, &size) == 0
            else { throw DriverError.zeroMQ("ask for the endpoint of \(endpoint)") }
            return String(cString: base)
        }
        return actual
    }

    /// Connects in the background, again and again until there is somebody.
    public func connect(_ endpoint: String) throws {
        guard zmq_connect(handle, endpoint) == 0 else {
            throw DriverError.zeroMQ("connect \(endpoint)")
        }
    }

    /// Of a `sub`: messages whose first frame begins with `topic` are delivered from some moment on.
    public func subscribe(_ topic: [UInt8]) throws {
        guard zmq_setsockopt(handle, ZMQ_SUBSCRIBE, topic, topic.count) == 0 else {
            throw DriverError.zeroMQ("subscribe")
        }
    }

    /// Hands a message over, all its frames or none.
    ///
    /// A router's first frame is the peer's routing id. An `xpub` drops messages for subscribers that are too slow.
    public func send(_ frames: [[UInt8]]) throws -> SendResult {
        for (index, frame) in frames.enumerated() {
            let isLast = index == frames.count - 1
            let flags = isLast ? ZMQ_DONTWAIT : ZMQ_DONTWAIT | ZMQ_SNDMORE
            while zmq_send(handle, frame, frame.count, flags) < 0 {
                switch zmq_errno() {
                case EINTR: continue
                case EAGAIN: return .full
                case EHOSTUNREACH: return .unreachable
                default: throw DriverError.zeroMQ("send on a \(kind) socket")
                }
            }
        }
        return .sent
    }

    /// The next message, or nil when there is none now.
    ///
    /// A router's message begins with the sender's routing id; an `xpub` receives subscriptions (one frame: 1 or 0, then
    /// the topic).
    public func receive() throws -> [[UInt8]]? {
        var frames: [[UInt8]] = []
        while true {
            guard zmq_msg_recv(message, handle, ZMQ_DONTWAIT) >= 0 else {
                let number = zmq_errno()
                if number == EINTR { continue }
                if number == EAGAIN { return nil }
                throw DriverError.zeroMQ("receive on a \(kind) socket")
            }
            if frames.count < Self.framesMax {
                frames.append(
                    Array(
                        UnsafeRawBufferPointer(
                            start: zmq_msg_data(message),
                            count: zmq_msg_size(message)
                        )
                    )
                )
            }
            if zmq_msg_more(message) == 0 { return frames }
        }
    }

    /// Closes it; what was not delivered is lost. Closing twice is fine.
    public func close() {
        guard let open = handle else { return }
        handle = nil
        zmq_close(open)
    }

    private func apply(_ options: SocketOptions) throws {
        try set(ZMQ_LINGER, 0)
        try set(ZMQ_SNDHWM, options.sendHighWaterMark)
        try set(ZMQ_RCVHWM, options.receiveHighWaterMark)
        try set(ZMQ_HANDSHAKE_IVL, options.handshake.millisecondsUp)
        try set(ZMQ_IMMEDIATE, options.immediate ? 1 : 0)
        try set(ZMQ_RECONNECT_IVL, options.reconnect.millisecondsUp)
        if let heartbeat = options.heartbeat {
            try set(ZMQ_HEARTBEAT_IVL, heartbeat.millisecondsUp)
        }
        var bytesMax = Int64(options.messageBytesMax)
        guard zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &bytesMax, 8) == 0 else {
            throw DriverError.zeroMQ("set the largest message to \(bytesMax) bytes")
        }
        if kind == .router {
            try set(ZMQ_ROUTER_MANDATORY, 1)
            try set(ZMQ_ROUTER_HANDOVER, 0)
        }
        if let routingID = options.routingID {
            guard zmq_setsockopt(handle, ZMQ_ROUTING_ID, routingID, routingID.count) == 0 else {
                throw DriverError.zeroMQ("set a routing id of \(routingID.count) bytes")
            }
        }
    }

    private func set(_ option: Int32, _ value: Int) throws {
        var number = Int32(clamping: value)
        guard zmq_setsockopt(handle, option, &number, 4) == 0 else {
            throw DriverError.zeroMQ("set option \(option) of a \(kind) socket to \(value)")
        }
    }
}
