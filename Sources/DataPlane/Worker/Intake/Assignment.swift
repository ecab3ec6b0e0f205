import Foundation
import Model
import SwiftProtobuf
import Wire

/// One batch for this worker, as `Assign` brings it.
struct Assignment: Equatable, Sendable {
    var run: RunID
    var batch: BatchID
    var attempt: AttemptID
    var streamIndex: UInt32
    var range: KeyRange

    /// nil when an id does not have 16 bytes.
    init?(_ message: WireAssign) {
        guard let run = RunID(bytes: message.run), let batch = BatchID(bytes: message.batch),
            let attempt = AttemptID(bytes: message.attempt)
        else { return nil }
        self.run = run
        self.batch = batch
        self.attempt = attempt
        streamIndex = message.streamIndex
        range = KeyRange(message.range)
    }
}

extension KeyRange {
    init(_ message: WireKeyRange) {
        self.init(
            after: message.hasAfter ? message.after.values : nil,
            through: message.hasThrough ? message.through.values : nil
        )
    }

    /// As it travels; a missing bound is left out.
    func wire(records: Int) -> WireKeyRange {
        WireKeyRange.with { message in
            if let after { message.after = .with { $0.values = after } }
            if let through { message.through = .with { $0.values = through } }
            message.records = Int64(records)
        }
    }
}

extension Identifier {
    /// 16 bytes in network order, as protobuf takes them.
    var data: Data { Data(bytes) }
}
