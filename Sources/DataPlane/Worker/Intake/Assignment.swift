import Model
import Wire

/// One batch for this worker, as `Assign` brings it.
struct Assignment: Equatable, Sendable {
    var kind: BatchKind
    var run: RunID
    var batch: BatchID
    var attempt: AttemptID
    var streamIndex: UInt32
    var range: KeyRange
    /// As planned; in a swap those that the new table must hold.
    var records: Int

    /// nil when an id does not have 16 bytes.
    init?(_ message: WireAssign) {
        guard let run = RunID(bytes: message.run), let batch = BatchID(bytes: message.batch),
            let attempt = AttemptID(bytes: message.attempt), let kind = BatchKind(message.kind)
        else { return nil }
        self.kind = kind
        self.run = run
        self.batch = batch
        self.attempt = attempt
        streamIndex = message.streamIndex
        range = KeyRange(message.range)
        records = Int(clamping: message.range.records)
    }

    /// Of the rows to be deleted; nil where the range is none of numbers.
    var numbers: ClosedRange<Int>? {
        guard let after = range.after, let through = range.through, after.count == 1, through.count == 1,
            let first = Int(after[0]), let last = Int(through[0]), first >= 0, first < last
        else { return nil }
        return (first + 1)...last
    }
}
