/// Records in row-major order: one byte arena, and for each field its start and length.
///
/// `width` fields a row; field `column` of row `row` is at `row * width + column`. A length of -1 is NULL. The bytes of a
/// field are in the canonical encoding of its column's `ValueType`. Fields may share bytes, so a mapping that only
/// renames copies no value.
public struct RowBatch: Sendable {
    public let width: Int
    public private(set) var count = 0
    /// By row: records that were found and could not be read, wholly or in a field; that is NULL then.
    public private(set) var rejections: [Int: Rejection] = [:]
    /// The line (from 1) on which each row begins in its file; empty where the source has no lines.
    public private(set) var lines: [Int] = []
    public private(set) var bytes: [UInt8] = []
    public private(set) var starts: [UInt32] = []
    public private(set) var lengths: [Int32] = []

    public init(width: Int) {
        self.width = width
    }

    /// Shares the arena of `arena`: fields added with `appendShared` point into it.
    public init(width: Int, sharing arena: RowBatch) {
        self.width = width
        bytes = arena.bytes
    }

    /// Rows whose fields lie in `bytes` at the given places, row after row; a length of -1 is NULL.
    public init(width: Int, bytes: [UInt8], starts: [UInt32], lengths: [Int32]) {
        precondition(
            starts.count == lengths.count && starts.count.isMultiple(of: width),
            "\(starts.count) starts and \(lengths.count) lengths are no rows of \(width) fields"
        )
        self.width = width
        self.bytes = bytes
        self.starts = starts
        self.lengths = lengths
        count = starts.count / width
    }

    public mutating func reserve(rows: Int, bytes: Int) {
        starts.reserveCapacity(rows * width)
        lengths.reserveCapacity(rows * width)
        self.bytes.reserveCapacity(bytes)
    }

    public mutating func removeAll() {
        count = 0
        rejections.removeAll()
        lines.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
    }

    public mutating func append(_ value: UnsafeRawBufferPointer) {
        starts.append(UInt32(bytes.count))
        lengths.append(Int32(value.count))
        bytes.append(contentsOf: value)
    }

    public mutating func append(_ value: some Collection<UInt8>) {
        starts.append(UInt32(bytes.count))
        lengths.append(Int32(value.count))
        bytes.append(contentsOf: value)
    }

    public mutating func appendNull() {
        starts.append(UInt32(bytes.count))
        lengths.append(-1)
    }

    /// A field whose bytes are in the shared arena already.
    public mutating func appendShared(start: UInt32, length: Int32) {
        starts.append(start)
        lengths.append(length)
    }

    /// Appends raw bytes that hold several fields; their places follow with `appendShared`. Returns where they begin.
    public mutating func appendArena(_ raw: UnsafeRawBufferPointer) -> UInt32 {
        let start = UInt32(bytes.count)
        bytes.append(contentsOf: raw)
        return start
    }

    /// Closes the row begun by the last `width` fields.
    public mutating func endRow() {
        count += 1
        precondition(starts.count == count * width, "a row of \(width) fields got another number")
    }

    /// The same for a record that begins on `line` of its file.
    ///
    /// - Parameter rejection: why the record cannot be written.
    public mutating func endRow(line: Int, rejection: Rejection? = nil) {
        if let rejection { rejections[count] = rejection }
        lines.append(line)
        endRow()
    }

    /// The chosen rows in the order given, sharing the bytes; a row's rejection and line go with it.
    public func selecting(_ chosen: [Int32]) -> RowBatch {
        var selection = RowBatch(width: width, sharing: self)
        selection.reserve(rows: chosen.count, bytes: 0)
        for row in chosen {
            for place in (Int(row) * width)..<((Int(row) + 1) * width) {
                selection.appendShared(start: starts[place], length: lengths[place])
            }
            if let rejection = rejections[Int(row)] { selection.rejections[selection.count] = rejection }
            if !lines.isEmpty { selection.lines.append(lines[Int(row)]) }
            selection.endRow()
        }
        return selection
    }

    public func isNull(row: Int, column: Int) -> Bool {
        lengths[row * width + column] < 0
    }

    /// Lends the field's bytes; nil for NULL.
    public func withField<Result>(
        row: Int,
        column: Int,
        _ body: (UnsafeRawBufferPointer?) throws -> Result
    ) rethrows -> Result {
        let place = row * width + column
        let length = Int(lengths[place])
        guard length >= 0 else { return try body(nil) }
        return try bytes.withUnsafeBytes { all in
            let start = Int(starts[place])
            return try body(UnsafeRawBufferPointer(rebasing: all[start..<(start + length)]))
        }
    }

    /// A copy of the field's bytes; nil for NULL.
    public func field(row: Int, column: Int) -> [UInt8]? {
        withField(row: row, column: column) { $0.map(Array.init) }
    }
}
