internal import Foundation
public import Model
internal import SwiftProtobuf

/// Messages to frames and back.
///
/// Whatever a peer sends is untrusted: decoding checks the version, the size, that the kind is known and belongs on the
/// channel, that ids have 16 bytes and enumerations known values. It throws `ProtocolViolation` before anything else
/// could have happened.
public enum Codec {
    public static let version: UInt32 = 1
    /// Of one frame; also the sockets' own limit.
    public static let frameBytesMax = 64 << 20

    /// One frame.
    public static func encode(_ letter: Letter) throws -> [UInt8] {
        var envelope = WireEnvelope()
        envelope.version = version
        envelope.coordinatorEpoch = letter.epoch
        envelope.incarnation = letter.incarnation.map { Data($0.bytes) } ?? Data()
        envelope.controlSequence = letter.sequence
        envelope.body = letter.body
        let frame: [UInt8] = try envelope.serializedBytes()
        guard frame.count <= frameBytesMax else {
            throw SluiceError(
                .exhausted,
                """
                \(letter.body.kind) is \(frame.count) bytes, a message may have \(frameBytesMax); \
                use smaller batches
                """
            )
        }
        return frame
    }

    /// The message in `frame`, which came over `channel`; `sender` is only named in errors.
    public static func decode(
        _ frame: [UInt8],
        on channel: Channel,
        from sender: String? = nil
    ) throws(ProtocolViolation) -> Letter {
        let check = Check(sender: sender ?? channel.rawValue)
        guard frame.count <= frameBytesMax else {
            throw check.violation("\(frame.count) bytes, allowed are \(frameBytesMax)")
        }
        let envelope: WireEnvelope
        do {
            envelope = try WireEnvelope(serializedBytes: frame)
        } catch {
            throw check.violation("not an envelope (\(frame.count) bytes)")
        }
        guard envelope.version == version else {
            throw check.violation("version \(envelope.version), this program speaks \(version)")
        }
        guard let body = envelope.body else {
            throw check.violation("no message of a known kind in it")
        }
        guard channel.carries(body) else {
            throw check.violation("\(body.kind) has no business on this channel")
        }
        let incarnation = try check.incarnation(envelope.incarnation, on: channel)
        try body.check(check.within(body.kind))
        return Letter(
            epoch: envelope.coordinatorEpoch,
            incarnation: incarnation,
            sequence: envelope.controlSequence,
            body: body
        )
    }

    /// What a router received: the routing id, then the message, which must name the same process.
    public static func decodeRouted(
        _ frames: [[UInt8]],
        on channel: Channel
    ) throws(ProtocolViolation) -> (sender: Incarnation, letter: Letter) {
        guard let route = frames.first, let routed = Incarnation(bytes: route) else {
            let bytes = frames.first?.count ?? 0
            throw ProtocolViolation(
                sender: "a \(channel.rawValue)",
                what: "its routing id has \(bytes) bytes, an incarnation has 16"
            )
        }
        let name = "\(channel.rawValue) \(routed)"
        guard frames.count == 2 else {
            throw ProtocolViolation(sender: name, what: "\(frames.count) frames, expected are 2")
        }
        let letter = try decode(frames[1], on: channel, from: name)
        guard let incarnation = letter.incarnation, incarnation == routed else {
            throw ProtocolViolation(sender: name, what: "it says to be somebody else")
        }
        return (incarnation, letter)
    }

    /// What a dealer received: the message alone.
    public static func decodeDealt(
        _ frames: [[UInt8]],
        on channel: Channel
    ) throws(ProtocolViolation) -> Letter {
        guard frames.count == 1 else {
            throw ProtocolViolation(
                sender: channel.rawValue,
                what: "\(frames.count) frames, expected is 1"
            )
        }
        return try decode(frames[0], on: channel)
    }

    /// What a subscriber received: the topic, then the message.
    public static func decodePublished(_ frames: [[UInt8]]) throws(ProtocolViolation) -> Letter {
        guard frames.count == 2, frames[0] == ControlTopic.everybody else {
            throw ProtocolViolation(
                sender: Channel.control.rawValue,
                what: "\(frames.count) frames, expected are the topic and a message"
            )
        }
        return try decode(frames[1], on: .control)
    }
}
