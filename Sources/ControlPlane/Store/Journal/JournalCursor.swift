import Model

/// A place in a run's journal: a record of a batch. Batches never change their place, so it holds while the run goes on.
struct JournalCursor: Hashable {
    let sequence: Int
    let record: Int

    init(sequence: Int, record: Int) {
        self.sequence = sequence
        self.record = record
    }

    /// The place that an earlier page named; nil is the first record. Throws `SluiceError` for any other text.
    init(_ text: String?) throws {
        guard let text else {
            self.init(sequence: 0, record: 0)
            return
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let sequence = Int(parts[0]), let record = Int(parts[1]), sequence >= 0, record >= 0
        else {
            throw SluiceError(
                .invalid,
                "the cursor \(text.prefix(40)) is not one that a page of records came with: list from the start"
            )
        }
        self.init(sequence: sequence, record: record)
    }

    var text: String { "\(sequence).\(record)" }
}
