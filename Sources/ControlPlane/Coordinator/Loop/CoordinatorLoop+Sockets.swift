import Drivers
import Foundation
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
        case .control(let body):
            deliver(body, to: ControlTopic.everybody, on: control)
        }
    }

    /// A peer that is gone gets nothing: its death comes through its supervisor, and the desired state in later answers.
    private func deliver(_ body: WireEnvelope.OneOf_Body, to address: [UInt8], on socket: ZeroMQSocket) {
        do {
            let frame = try Codec.encode(
                Letter(epoch: store.epoch, sequence: controlSequence, body: body)
            )
            _ = try socket.send([address, frame])
        } catch {
            log("cannot send: \(error)")
        }
    }

    func receiveFleet() throws {
        for _ in 0..<Self.messagesMax {
            guard let frames = try fleetSocket.receive() else { return }
            guard let (sender, letter) = decode(frames, on: .fromSupervisor) else { continue }
            fleetReceived(letter.body, from: sender)
        }
    }

    func receiveWork() throws {
        for _ in 0..<Self.messagesMax {
            guard let frames = try work.receive() else { return }
            guard let (sender, letter) = decode(frames, on: .fromWorker) else { continue }
            guard letter.epoch <= store.epoch else {
                stopForGood("a worker has heard of a later coordinator (epoch \(letter.epoch))")
                return
            }
            workReceived(letter.body, from: sender)
        }
    }

    /// Somebody has subscribed: a tick at once, so that no worker waits for the next one to become ready.
    func receiveSubscriptions() throws {
        for _ in 0..<Self.messagesMax {
            guard try control.receive() != nil else { break }
        }
        outbox.append(.control(.tick(WireTick())))
    }

    /// What breaks the protocol is dropped and logged; it has changed nothing.
    private func decode(_ frames: [[UInt8]], on channel: Channel) -> (Incarnation, Letter)? {
        do {
            return try Codec.decodeRouted(frames, on: channel)
        } catch {
            log("a message was dropped: \(error)")
            return nil
        }
    }

    /// Normal operation is silent.
    func log(_ line: String) {
        FileHandle.standardError.write(Data("sluice coordinator: \(line)\n".utf8))
    }
}
