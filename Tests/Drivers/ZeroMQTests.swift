import Drivers
import Testing

@Suite struct ZeroMQTests {
    private let scratch: Scratch
    private let context: ZeroMQContext

    init() throws {
        scratch = try Scratch()
        context = try ZeroMQContext()
    }

    private func next(_ socket: ZeroMQSocket) throws -> [[UInt8]]? {
        _ = try Poller.wait(sockets: [socket], descriptors: [], timeout: .seconds(10))
        return try socket.receive()
    }

    @Test func `a dealer and a router exchange frames over ipc`() throws {
        let router = try ZeroMQSocket(.router, in: context)
        let endpoint = try router.bind("ipc://\(scratch.path)/work")
        let dealer = try ZeroMQSocket(.dealer, in: context, options: SocketOptions(routingID: [7, 7]))
        try dealer.connect(endpoint)

        #expect(try dealer.send([[1, 2, 3]]) == .sent)
        #expect(try next(router) == [[7, 7], [1, 2, 3]])
        let large = [UInt8](repeating: 9, count: 1 << 20)
        #expect(try router.send([[7, 7], [], large]) == .sent)
        #expect(try next(dealer) == [[], large])
        #expect(try dealer.receive() == nil)
    }

    @Test func `a wildcard port is resolved`() throws {
        let router = try ZeroMQSocket(.router, in: context)
        let endpoint = try router.bind("tcp://127.0.0.1:*")
        #expect(endpoint.hasPrefix("tcp://127.0.0.1:"))
        #expect(!endpoint.hasSuffix("*"))
    }

    @Test func `a message for nobody is unreachable`() throws {
        let router = try ZeroMQSocket(.router, in: context)
        try router.bind("ipc://\(scratch.path)/work")
        #expect(try router.send([[1], [2]]) == .unreachable)
    }

    @Test func `a dealer with a full queue says so and sends again once there is room`() throws {
        let options = SocketOptions(sendHighWaterMark: 4, receiveHighWaterMark: 4)
        let dealer = try ZeroMQSocket(.dealer, in: context, options: options)
        let endpoint = "ipc://\(scratch.path)/work"
        try dealer.connect(endpoint)
        var sent = 0
        while try dealer.send([[1], [2]]) == .sent {
            sent += 1
            guard sent < 1_000 else { break }
        }
        #expect(sent == 4)
        let router = try ZeroMQSocket(.router, in: context)
        try router.bind(endpoint)
        for _ in 0..<4 {
            #expect(try next(router)?.suffix(2) == [[1], [2]])
        }
    }

    @Test func `a frame that is too large does not arrive and others go on`() throws {
        let router = try ZeroMQSocket(.router, in: context, options: SocketOptions(messageBytesMax: 100))
        let endpoint = try router.bind("ipc://\(scratch.path)/work")
        let rude = try ZeroMQSocket(.dealer, in: context, options: SocketOptions(routingID: [1]))
        try rude.connect(endpoint)
        #expect(try rude.send([[UInt8](repeating: 0, count: 101)]) == .sent)
        let polite = try ZeroMQSocket(.dealer, in: context, options: SocketOptions(routingID: [2]))
        try polite.connect(endpoint)
        #expect(try polite.send([[UInt8](repeating: 0, count: 100)]) == .sent)
        #expect(try next(router)?.first == [2])
    }

    @Test func `a subscriber gets its topics and no others`() throws {
        let publisher = try ZeroMQSocket(.xpub, in: context)
        let endpoint = try publisher.bind("ipc://\(scratch.path)/control")
        let subscriber = try ZeroMQSocket(.sub, in: context)
        try subscriber.subscribe([3])
        try subscriber.connect(endpoint)
        #expect(try next(publisher) == [[1, 3]])
        #expect(try publisher.send([[4], [0]]) == .sent)
        #expect(try publisher.send([[3], [1]]) == .sent)
        #expect(try next(subscriber) == [[3], [1]])
    }

    @Test func `frames beyond the limit are dropped`() throws {
        let router = try ZeroMQSocket(.router, in: context)
        let endpoint = try router.bind("ipc://\(scratch.path)/work")
        let dealer = try ZeroMQSocket(.dealer, in: context)
        try dealer.connect(endpoint)
        #expect(try dealer.send(Array(repeating: [5], count: 100)) == .sent)
        #expect(try next(router)?.count == ZeroMQSocket.framesMax)
        #expect(try router.receive() == nil)
    }

    @Test func `binding where one cannot names the endpoint`() throws {
        let router = try ZeroMQSocket(.router, in: context)
        let error = #expect(throws: DriverError.self) {
            try router.bind("ipc:///nowhere/at/all")
        }
        #expect(error?.description.contains("ipc:///nowhere/at/all") == true)
    }

    @Test func `a doorbell rung from another thread wakes the poller`() throws {
        let dealer = try ZeroMQSocket(.dealer, in: context)
        try dealer.connect("ipc://\(scratch.path)/nobody")
        let doorbell = try Doorbell()
        let thread = try EventThread(name: "ringer") { doorbell.ring() }
        let ready = try Poller.wait(
            sockets: [dealer],
            descriptors: [doorbell.descriptor],
            timeout: .seconds(10)
        )
        #expect(ready.sockets == [false] && ready.descriptors == [true])
        thread.join()
        doorbell.silence()
        let after = try Poller.wait(
            sockets: [],
            descriptors: [doorbell.descriptor],
            timeout: .zero
        )
        #expect(after.isEmpty)
    }
}
