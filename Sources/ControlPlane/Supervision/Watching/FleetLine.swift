internal import Drivers
internal import Model
internal import Wire

/// The supervisor's side of `fleet`: a dealer that forgets nothing it was given to send.
final class FleetLine {
    let socket: ZeroMQSocket
    /// A coordinator of a later epoch has spoken; it does not know us yet.
    var hasNewCoordinator = false
    private let incarnation: Incarnation
    private let report: @Sendable (String) -> Void
    /// C: the highest seen.
    private var epoch: UInt64 = 0
    private var sequence: UInt64 = 0
    private var waiting: [[UInt8]] = []

    init(_ settings: SupervisorSettings) throws {
        incarnation = settings.incarnation
        report = settings.report
        socket = try ZeroMQSocket(
            .dealer,
            in: try ZeroMQContext(),
            options: SocketOptions(routingID: settings.incarnation.bytes)
        )
        try socket.connect(settings.endpoints.fleet)
    }

    /// Nothing waits for room in the socket.
    var isIdle: Bool { waiting.isEmpty }

    func send(_ body: WireEnvelope.OneOf_Body) throws {
        let letter = Letter(
            epoch: epoch,
            incarnation: incarnation,
            sequence: sequence,
            body: body
        )
        waiting.append(try Codec.encode(letter))
        try flush()
    }

    /// Sends what waits, as far as there is room.
    func flush() throws {
        var sent = 0
        defer { waiting.removeFirst(sent) }
        while sent < waiting.count, try socket.send([waiting[sent]]) == .sent { sent += 1 }
    }

    /// The next message that keeps the protocol and does not come from an older coordinator; nil when there is none.
    func receive() throws -> Letter? {
        while let frames = try socket.receive() {
            do {
                let letter = try Codec.decodeDealt(frames, on: .toSupervisor)
                guard letter.epoch >= epoch else {
                    report("\(letter.body.kind) of coordinator epoch \(letter.epoch) refused, it is \(epoch)")
                    continue
                }
                hasNewCoordinator = hasNewCoordinator || (epoch != 0 && letter.epoch > epoch)
                epoch = letter.epoch
                sequence = max(sequence, letter.sequence)
                return letter
            } catch {
                report(error.description)
            }
        }
        return nil
    }
}
