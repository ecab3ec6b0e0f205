import Model

/// A record as it stands in its file; lent, not to be kept.
struct FileRecord {
    /// Without the end of its line.
    let bytes: UnsafeRawBufferPointer
    /// The line on which it begins, from 1.
    let line: Int
    /// There may be quoted fields in it.
    let hasQuotes: Bool
    /// Why it is no record.
    let fault: String?
}

/// Goes through the records of a file, forward, holding little more than one of them.
final class RecordCursor {
    private static let bufferBytes = 256 << 10

    let file: FileBytes
    /// Of the next record, or of empty lines before it.
    private(set) var position: FilePosition
    private let splitter: RecordSplitter
    /// One-column CSV: an empty line is a record.
    private let keepsEmptyLines: Bool
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 16)
    private var start = 0
    private var end = 0
    private var isAtEnd = false

    /// - Parameter position: the file is at it or before.
    init(
        _ file: FileBytes,
        at position: FilePosition,
        splitter: RecordSplitter,
        keepsEmptyLines: Bool = false
    ) throws {
        self.file = file
        self.position = position
        self.splitter = splitter
        self.keepsEmptyLines = keepsEmptyLines
        try file.seek(to: position.offset)
    }

    deinit {
        buffer.deallocate()
    }

    func canMove(to target: FilePosition) -> Bool {
        file.canSeek || target.offset >= position.offset
    }

    func move(to target: FilePosition) throws {
        let ahead = target.offset - position.offset
        if ahead >= 0, ahead <= end - start {
            start += ahead
        } else {
            try file.seek(to: target.offset)
            (start, end, isAtEnd) = (0, 0, false)
        }
        position = target
    }

    /// Lends the next record; nil at the end of the file. Afterwards `position` is behind it.
    func next<Result>(_ body: (FileRecord) throws -> Result) throws -> Result? {
        while true {
            switch nextEnd() {
            case .needsMore:
                try fill()
            case .found(let content, let whole, let lines, let hasQuotes, let fault):
                if whole == 0 { return nil }
                let line = position.line
                let first = start
                start += whole
                position.offset += whole
                position.line += lines
                if fault == nil, isEmpty(first, content) { continue }
                position.record += 1
                return try body(
                    FileRecord(
                        bytes: UnsafeRawBufferPointer(rebasing: buffer[first..<(first + content)]),
                        line: line,
                        hasQuotes: hasQuotes,
                        fault: fault
                    )
                )
            case .tooLong:
                let line = position.line
                try skipLine()
                position.record += 1
                let fault = "longer than \(RecordSplitter.bytesMax >> 20) MiB"
                return try body(
                    FileRecord(
                        bytes: UnsafeRawBufferPointer(start: nil, count: 0),
                        line: line,
                        hasQuotes: false,
                        fault: fault
                    )
                )
            }
        }
    }

    private var atHand: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[start..<end]) }

    private func nextEnd() -> RecordSplitter.End {
        if start == end, !isAtEnd { return .needsMore }
        return splitter.end(of: atHand, isLast: isAtEnd)
    }

    /// Brings more bytes of the file in behind those at hand.
    private func fill() throws {
        if start > 0 {
            buffer.copyMemory(from: atHand)
            (start, end) = (0, end - start)
        }
        if end == buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * buffer.count, alignment: 16)
            larger.copyMemory(from: atHand)
            buffer.deallocate()
            buffer = larger
        }
        let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
        end += count
        isAtEnd = count == 0
    }

    /// Passes over the rest of a line without holding it.
    private func skipLine() throws {
        while true {
            if let newline = RecordSplitter.find(UInt8(ascii: "\n"), in: atHand) {
                start += newline + 1
                position.offset += newline + 1
                break
            }
            position.offset += end - start
            start = end
            if isAtEnd { break }
            try fill()
        }
        position.line += 1
    }

    /// Nothing is on the line, or (JSON Lines) nothing but white space.
    private func isEmpty(_ first: Int, _ content: Int) -> Bool {
        if keepsEmptyLines { return false }
        guard splitter.dialect == nil else { return content == 0 }
        return buffer[first..<(first + content)].allSatisfy { $0 == 32 || $0 == 9 || $0 == 13 }
    }
}
