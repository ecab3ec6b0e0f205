import SwiftProtobuf
import Wire

/// Envelopes as they lie in ZeroMQ frames.
enum Frames {
    /// One frame on the work socket; a topic and one frame on the control channel. nil: it is neither.
    static func envelope(_ frames: [[UInt8]], on channel: Session.Channel) -> WireEnvelope? {
        let expected = channel == .work ? 1 : 2
        guard frames.count == expected, let frame = frames.last else { return nil }
        return try? WireEnvelope(serializedBytes: frame)
    }

    static func bytes(_ envelope: WireEnvelope) throws -> [UInt8] {
        try envelope.serializedBytes()
    }
}
