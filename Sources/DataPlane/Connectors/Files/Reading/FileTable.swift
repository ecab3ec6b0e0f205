import Model

/// A file as a stream: its columns, and where its first record begins.
struct FileTable {
    let description: StreamDescription
    let path: String
    let identity: FileIdentity
    let start: FilePosition
    private let settings: FileSettings

    /// Records looked at for their size.
    private static let sampleMax = 1_000

    /// Looks at the beginning of the file; at all of a JSON Lines file whose columns are not declared.
    ///
    /// - Throws: `invalid` for a file that cannot be one of its format, `notFound` for a column that is declared and missing.
    init(_ stream: FileStream, settings: FileSettings) throws {
        self.settings = settings
        path = stream.path
        let file = try FileBytes(path: stream.path, settings: settings)
        identity = file.identity
        let splitter = settings.splitter
        let cursor = try RecordCursor(file, at: try Self.behindMark(of: file, settings), splitter: splitter)
        var columns: [ColumnDescription]
        switch settings.format {
        case .csv:
            let names = try settings.columns ?? Self.header(cursor, settings)
            columns = try Self.declared(names, stream, settings)
            start = FilePosition(record: 0, line: cursor.position.line, offset: cursor.position.offset)
        case .jsonl:
            start = FilePosition(record: 0, line: cursor.position.line, offset: cursor.position.offset)
            columns = settings.types.map {
                ColumnDescription(name: $0.name, type: $0.type, nativeType: $0.type.description)
            }
        }
        var records = 0
        var isWhole = false
        if settings.format == .jsonl, columns.isEmpty {
            var found = JSONLColumns()
            while try cursor.next({ try found.note($0, in: stream.path, settings) }) != nil { records += 1 }
            columns = found.columns
            isWhole = true
            try file.checkUnchanged()
        } else {
            while records < Self.sampleMax {
                guard try cursor.next({ _ in }) != nil else {
                    isWhole = true
                    break
                }
                records += 1
            }
        }
        let average = records == 0 ? nil : Int64((cursor.position.offset - start.offset) / records)
        let isPlain = file.canSeek
        let size = identity.size
        description = StreamDescription(
            name: stream.name,
            columns: columns,
            primaryKey: [],
            estimatedRecords: isWhole ? Int64(records) : average.flatMap { isPlain ? Int64(size) / max(1, $0) : nil },
            averageRecordBytes: average,
            isPositional: true
        )
    }

    /// - Parameter columns: names, each one that `description` has.
    func decoder(of columns: [String]) -> any RecordDecoder {
        let places = columns.compactMap { name in description.columns.firstIndex { $0.name == name } }
        let wanted = places.map { description.columns[$0] }
        return switch settings.format {
        case .csv: CSVDecoder(settings.csv, width: description.columns.count, columns: Array(zip(places, wanted)))
        case .jsonl: JSONLDecoder(columns: wanted)
        }
    }

    /// - Throws: `conflict` when the file is another one now.
    func cursor(at position: FilePosition) throws -> RecordCursor {
        let file = try FileBytes(path: path, settings: settings)
        guard file.identity == identity else { throw file.changed() }
        return try RecordCursor(
            file,
            at: position,
            splitter: settings.splitter,
            keepsEmptyLines: settings.format == .csv && description.columns.count == 1
        )
    }

    /// Behind a byte order mark.
    private static func behindMark(of file: FileBytes, _ settings: FileSettings) throws -> FilePosition {
        let probe = try FileBytes(path: file.path, settings: settings)
        var head: [UInt8] = []
        try withUnsafeTemporaryAllocation(byteCount: 3, alignment: 1) { bytes in
            while head.count < 3 {
                let count = try probe.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<(3 - head.count)]))
                guard count > 0 else { return }
                head.append(contentsOf: bytes[..<count])
            }
        }
        if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
            throw settings.error(.invalid, "file \(file.path) is UTF-16; a source must be UTF-8: convert it first")
        }
        let mark = head == [0xEF, 0xBB, 0xBF] ? 3 : 0
        return FilePosition(record: 0, line: 1, offset: mark)
    }

    private static func header(_ cursor: RecordCursor, _ settings: FileSettings) throws -> [String] {
        let place = "file \(cursor.file.path), header"
        let names = try cursor.next { record -> [String] in
            if let fault = record.fault ?? (UTF8Check.isValid(record.bytes) ? nil : "not UTF-8") {
                throw settings.error(.invalid, "\(place): \(fault)")
            }
            var fields: [CSVField] = []
            CSVField.split(record, settings.csv, into: &fields)
            return fields.map { field in
                var name: [UInt8] = []
                let raw = UnsafeRawBufferPointer(rebasing: record.bytes[field.start..<field.end])
                if field.hasDoubledQuotes, let quote = settings.csv.quote {
                    CSVField.unquote(raw, quote, into: &name)
                } else {
                    name = Array(raw)
                }
                return String(decoding: name, as: UTF8.self)
            }
        }
        guard let names else {
            throw settings.error(
                .invalid,
                "file \(cursor.file.path) is empty; its first line must name its columns (or set header: false and columns)"
            )
        }
        for (column, name) in names.enumerated() {
            guard !name.isEmpty else {
                throw settings.error(.invalid, "\(place): column \(column + 1) has no name")
            }
            guard names.firstIndex(of: name) == column else {
                throw settings.error(.invalid, "\(place): two columns are called \"\(name)\"")
            }
        }
        return names
    }

    /// The columns of a CSV file: text, unless declared otherwise.
    private static func declared(
        _ names: [String],
        _ stream: FileStream,
        _ settings: FileSettings
    ) throws -> [ColumnDescription] {
        // In a directory the declarations are for several streams.
        for (name, _) in settings.types where !stream.isOneOfMany && !names.contains(name) {
            throw settings.error(
                .notFound,
                "file \(stream.path): types: column \"\(name)\" not found; \(NearNames.hint(for: name, among: names))"
            )
        }
        return names.map { name in
            let type = settings.types.first { $0.name == name }?.type ?? .text
            return ColumnDescription(name: name, type: type, nativeType: type.description)
        }
    }
}

extension FileSettings {
    var splitter: RecordSplitter { RecordSplitter(dialect: format == .csv ? csv : nil) }
}
