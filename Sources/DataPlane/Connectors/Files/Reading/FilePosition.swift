import Model

/// A place between two records of a file; a bound of a range.
struct FilePosition: Hashable {
    /// Records before it, rejected ones included.
    var record: Int
    /// The line that begins there, from 1.
    var line: Int
    /// Bytes before it, decompressed.
    var offset: Int

    /// The parts of a `KeyRange`'s bound: what is needed to read from here, and which file it is a place of.
    func bound(in file: FileIdentity) -> [String] {
        ["\(record)", "\(line)", "\(offset)", file.text]
    }

    init(record: Int, line: Int, offset: Int) {
        self.record = record
        self.line = line
        self.offset = offset
    }

    /// nil for what `bound` did not make.
    init?(bound: [String]) {
        guard bound.count == 4, let record = Int(bound[0]), let line = Int(bound[1]), let offset = Int(bound[2]),
            record >= 0, line >= 1, offset >= 0
        else { return nil }
        self.init(record: record, line: line, offset: offset)
    }
}
