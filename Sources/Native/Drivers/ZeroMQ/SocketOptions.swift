/// What a socket is; coordinator: `router` and `xpub`, supervisors and workers: `dealer` and `sub`.
public enum SocketKind: Sendable, Hashable {
    case router
    case dealer
    case xpub
    case sub
}

/// How a socket behaves.
///
/// Fixed for all: nothing lingers after closing; a router reports unknown peers instead of dropping what is for them, and
/// does not hand a routing id over to a second peer.
public struct SocketOptions: Sendable, Hashable {
    /// Of a dealer: what the router knows it by, 1 to 255 bytes not starting with 0; nil: the router makes one up.
    public var routingID: [UInt8]?
    /// Messages queued per peer, both ways, before `send` says `.full` (xpub: before messages are dropped).
    public var sendHighWaterMark: Int
    public var receiveHighWaterMark: Int
    /// Of one frame; a peer that sends more is disconnected.
    public var messageBytesMax: Int
    /// A peer that has not finished its handshake by then is disconnected.
    public var handshake: Duration
    /// Queue only for connections that are established.
    public var immediate: Bool
    /// Interval of ZeroMQ's own heartbeats; nil: none.
    public var heartbeat: Duration?
    /// Between two attempts to connect.
    public var reconnect: Duration

    public init(
        routingID: [UInt8]? = nil,
        sendHighWaterMark: Int = 1_000,
        receiveHighWaterMark: Int = 1_000,
        messageBytesMax: Int = 64 << 20,
        handshake: Duration = .seconds(5),
        immediate: Bool = false,
        heartbeat: Duration? = nil,
        reconnect: Duration = .milliseconds(50)
    ) {
        self.routingID = routingID
        self.sendHighWaterMark = sendHighWaterMark
        self.receiveHighWaterMark = receiveHighWaterMark
        self.messageBytesMax = messageBytesMax
        self.handshake = handshake
        self.immediate = immediate
        self.heartbeat = heartbeat
        self.reconnect = reconnect
    }
}

extension Duration {
    /// Whole milliseconds rounded up, so that a wait never ends early.
    var millisecondsUp: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1_000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
