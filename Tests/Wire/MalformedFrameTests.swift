import Foundation
import Model
import SwiftProtobuf
import Testing
import Wire

@Suite struct MalformedFrameTests {
    private func refusal(
        of frame: [UInt8],
        on channel: Channel = .fromWorker
    ) -> String? {
        #expect(throws: ProtocolViolation.self) { try Codec.decode(frame, on: channel) }?.what
    }

    /// The golden intent, changed and encoded without any check.
    private func intent(_ change: (inout WireEnvelope) -> Void) throws -> [UInt8] {
        var envelope = try WireEnvelope(serializedBytes: GoldenFrame.bytes("intent"))
        change(&envelope)
        return try envelope.serializedBytes()
    }

    @Test func `rubbish and cut-off frames`() throws {
        #expect(refusal(of: [0xFF, 0xFF, 0xFF]) == "not an envelope (3 bytes)")
        #expect(refusal(of: []) == "version 0, this program speaks 1")
        let frame = try GoldenFrame.bytes("intent")
        for length in 0..<frame.count {
            #expect(throws: ProtocolViolation.self) {
                try Codec.decode(Array(frame.prefix(length)), on: .fromWorker)
            }
        }
    }

    @Test func `another version`() throws {
        #expect(refusal(of: try intent { $0.version = 2 }) == "version 2, this program speaks 1")
    }

    @Test func `no message, or one of an unknown kind`() throws {
        let missing = "no message of a known kind in it"
        #expect(refusal(of: try intent { $0.body = nil }) == missing)
        // Field 99, a message of no bytes.
        let unknown = try intent { $0.body = nil } + [0x9A, 0x06, 0x00]
        #expect(refusal(of: unknown) == missing)
    }

    @Test func `a message on the wrong channel`() throws {
        let frame = try GoldenFrame.bytes("kill")
        #expect(refusal(of: frame) == "kill has no business on this channel")
        for channel in Channel.allCases where channel != .toSupervisor {
            #expect(throws: ProtocolViolation.self) { try Codec.decode(frame, on: channel) }
        }
    }

    @Test func `ids that are not 16 bytes`() throws {
        let short = Data([1, 2, 3])
        #expect(
            refusal(of: try intent { $0.intent.attempt = short })
                == "intent: attempt has 3 bytes, an id has 16"
        )
        #expect(
            refusal(of: try intent { $0.intent.run = Data() })
                == "intent: run has 0 bytes, an id has 16"
        )
        #expect(
            refusal(of: try intent { $0.incarnation = short })
                == "incarnation has 3 bytes, an id has 16"
        )
        #expect(
            refusal(of: try intent { $0.intent.digest = short })
                == "intent: digest has 3 bytes, expected are 16"
        )
    }

    @Test func `counts that do not add up`() throws {
        #expect(
            refusal(of: try intent { $0.intent.header.records = 6 })
                == "intent: header.records is 6, its parts add up to 5"
        )
        #expect(
            refusal(of: try intent { $0.intent.header.keyHashes = Data(count: 4) })
                == "intent: header.key_hashes has 4 bytes for 2 records"
        )
        #expect(
            refusal(of: try intent { $0.intent.segment = Data() })
                == "intent: 2 journalled records and no segment"
        )
        let most = try intent {
            $0.intent.header.unchanged = .max
            $0.intent.header.inserted = .max
            $0.intent.header.records = .max
        }
        #expect(refusal(of: most) != nil)
        let large = try intent {
            $0.intent.header.unchanged = 4_999
            $0.intent.header.records = 5_001
        }
        #expect(refusal(of: large) == "intent: 5001 records, allowed are 5000")
    }

    @Test func `enumerations without a known value`() throws {
        func outcome(_ ending: WireEnding) throws -> [UInt8] {
            var envelope = try WireEnvelope(serializedBytes: GoldenFrame.bytes("outcome"))
            envelope.outcome.ending = ending
            return try envelope.serializedBytes()
        }
        #expect(
            refusal(of: try outcome(.unspecified)) == "outcome: ending has the unknown value 0"
        )
        #expect(
            refusal(of: try outcome(.UNRECOGNIZED(9))) == "outcome: ending has the unknown value 9"
        )
    }

    @Test func `missing parts`() throws {
        #expect(refusal(of: try intent { $0.intent.clearHeader() }) == "intent: header is missing")
        var envelope = try WireEnvelope(serializedBytes: GoldenFrame.bytes("errand_reconcile"))
        envelope.errand.kind = nil
        let frame: [UInt8] = try envelope.serializedBytes()
        #expect(refusal(of: frame, on: .toWorker) == "errand: no errand of a known kind")
    }

    @Test func `too many ranges in one piece`() throws {
        var envelope = try WireEnvelope(serializedBytes: GoldenFrame.bytes("ranges_planned"))
        envelope.rangesPlanned.ranges = Array(repeating: WireKeyRange(), count: 501)
        let frame: [UInt8] = try envelope.serializedBytes()
        #expect(refusal(of: frame) == "rangesPlanned: 501 ranges, allowed are 500")
    }

    @Test func `more rows to be deleted than the stream has`() throws {
        var envelope = try WireEnvelope(serializedBytes: GoldenFrame.bytes("ranges_planned"))
        envelope.rangesPlanned.deletes.rows = 3
        envelope.rangesPlanned.deletes.owned = 2
        let frame: [UInt8] = try envelope.serializedBytes()
        #expect(refusal(of: frame) == "rangesPlanned: 3 rows to be deleted, allowed are 2")
    }

    @Test func `an impostor: routing id and envelope must agree`() throws {
        let frame = try GoldenFrame.bytes("intent")
        let routed = try Codec.decodeRouted([GoldenFrame.worker.bytes, frame], on: .fromWorker)
        #expect(routed.sender == GoldenFrame.worker)
        let other = GoldenFrame.supervisor
        let error = #expect(throws: ProtocolViolation.self) {
            try Codec.decodeRouted([other.bytes, frame], on: .fromWorker)
        }
        #expect(
            error?.description
                == "message from worker \(other) refused: it says to be somebody else"
        )
    }

    @Test func `the wrong number of frames`() throws {
        let frame = try GoldenFrame.bytes("intent")
        let route = GoldenFrame.worker.bytes
        for frames in [[], [route], [[1], frame], [route, frame, frame]] {
            #expect(throws: ProtocolViolation.self) {
                try Codec.decodeRouted(frames, on: .fromWorker)
            }
        }
        let tick = try GoldenFrame.bytes("tick")
        #expect(throws: ProtocolViolation.self) { try Codec.decodePublished([[1], tick]) }
        #expect(throws: ProtocolViolation.self) { try Codec.decodeDealt([], on: .toWorker) }
        let letter = try Codec.decodePublished([ControlTopic.everybody, tick])
        #expect(letter.body == .tick(WireTick()))
    }

    @Test func `a coordinator's message that claims an incarnation`() throws {
        var envelope = try WireEnvelope(serializedBytes: GoldenFrame.bytes("tick"))
        envelope.incarnation = GoldenFrame.worker.wire
        let frame: [UInt8] = try envelope.serializedBytes()
        #expect(refusal(of: frame, on: .control) == "the coordinator has no incarnation")
    }

    @Test func `what is too large is neither sent nor read`() throws {
        var intent = WireIntent()
        intent.segment = Data(count: Codec.frameBytesMax)
        let letter = Letter(epoch: 1, sequence: 1, body: .intent(intent))
        let error = #expect(throws: SluiceError.self) { try Codec.encode(letter) }
        #expect(error?.code == .exhausted)
        #expect(
            refusal(of: [UInt8](repeating: 0, count: Codec.frameBytesMax + 1))
                == "67108865 bytes, allowed are 67108864"
        )
    }
}
