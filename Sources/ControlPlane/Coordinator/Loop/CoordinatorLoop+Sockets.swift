import Drivers
import Model
import Store
import Wire

extension CoordinatorLoop {
    /// At most so many messages of one socket a turn, so that no peer starves the others.
    private static let messagesMax = 256

    func send(_ message: Outgoing) {
        switch message {
        case .work(let incarnation, let body):
            deliver(body, to: incarnation.bytes, on: work)
        case .fleet(let body):
            guard let routing = supervisor.routing else {
                supervisor.waiting.append(body)
                return
            }
            deliver(body, to: routing, on: fleetSocket)
        case .control(let run, let body):
            deliver(body, to: ControlTopic.bytes(run: run), on: control)
        }
    }

    /// A peer that is gone gets nothing: its death comes through its supervisor, and the desired state in later answers.
    private func deliver(_ body: WireEnvelope.OneOf_Body, to address: [UInt8], on socket: ZeroMQSocket) {
        do {
            let frame = try Codec.encode(
                body,
                coordinatorEpoch: store.epoch,
                incarnation: nil,
                controlSequence: controlSequence
            )
            _ = try socket.send([address, frame])
        } catch {
            log("cannot send: \(error)")
        }
    }

    func receiveFleet() throws {
        for _ in 0..<Self.messagesMax {
            guard let frames = try fleetSocket.receive() else { return }
            guard let envelope = decode(frames), let body = envelope.body else { continue }
            fleetReceived(body, routing: frames[0])
        }
    }

    func receiveWork() throws {
        for _ in 0..<Self.messagesMax {
            guard let frames = try work.receive() else { return }
            guard let envelope = decode(frames), let body = envelope.body,
                let incarnation = Incarnation(bytes: frames[0])
            else { continue }
            guard envelope.coordinatorEpoch <= store.epoch else {
                stopForGood("a worker has heard of a later coordinator (epoch \(envelope.coordinatorEpoch))")
                return
            }
            workReceived(body, from: incarnation)
        }
    }

    /// Somebody has subscribed: a tick at once, so that no worker waits for the next one to become ready.
    func receiveSubscriptions() throws {
        for _ in 0..<Self.messagesMax {
            guard try control.receive() != nil else { break }
        }
        outbox.append(.control(nil, .tick(WireTick())))
    }

    private func decode(_ frames: [[UInt8]]) -> WireEnvelope? {
        guard frames.count == 2 else {
            log("a message of \(frames.count) frames was dropped")
            return nil
        }
        do {
            return try Codec.decode(frames[1])
        } catch {
            log("a message was dropped: \(error)")
            return nil
        }
    }

    /// Normal operation is silent.
    func log(_ line: String) {
        StandardError.print("sluice coordinator: \(line)")
    }
}
