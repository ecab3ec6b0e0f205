import Model

/// What a connection of type `csv` or `jsonl` says.
///
/// | setting | | default |
/// | --- | --- | --- |
/// | `path` | a file, or a directory in which every `*.csv` (`*.jsonl`, `*.ndjson`), also with `.gz` or `.zst`, is a stream | required |
/// | `types` | lines of a column and its `ValueType` | csv: text; jsonl: found in the whole file |
/// | `delimiter` | (csv) one ASCII character, or `tab` | `,` |
/// | `quote` | (csv) one ASCII character, or `none` | `"` |
/// | `header` | (csv) `true`: the first line names the columns | `true` |
/// | `columns` | (csv without header) lines of names | |
/// | `null` | (csv) the text that, not quoted, is NULL | empty |
/// | `compress` | (destination) `none`, `gzip`, `zstd` | `none` |
/// | `roll.records`, `roll.bytes` | (destination) where a file of a write ends and its next begins; bytes before compression | |
struct FileSettings: Sendable {
    let connection: String
    let format: FileFormat
    let path: String
    /// Column and type.
    let types: [(name: String, type: ValueType)]
    let csv: CSVDialect
    /// CSV without header: the names.
    let columns: [String]?
    let compression: FileCompression
    let rollRecords: Int?
    let rollBytes: Int?

    private static let shared = ["path", "types", "compress", "roll.records", "roll.bytes"]
    private static let ofCSV = ["delimiter", "quote", "header", "columns", "null"]

    /// - Throws: `invalid` for a missing, unknown or impossible setting.
    init(_ resolved: ResolvedConnection, format: FileFormat) throws {
        let settings = resolved.settings
        let place = "connection \"\(resolved.name)\""
        let allowed = Self.shared + (format == .csv ? Self.ofCSV : [])
        for setting in settings.keys.sorted() where !allowed.contains(setting) {
            throw SluiceError(
                .invalid,
                "\(place): type \(format.rawValue) has no setting \"\(setting)\"; allowed: "
                    + allowed.joined(separator: ", ")
            )
        }
        guard let path = settings["path"], !path.isEmpty else {
            throw SluiceError(.invalid, "\(place): setting \"path\" must name a file or a directory")
        }
        connection = resolved.name
        self.format = format
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        types = try Self.types(settings["types"], place)
        let hasHeader = try Self.boolean("header", settings["header"], place) ?? true
        columns = settings["columns"].map(Self.lines)
        guard format == .jsonl || hasHeader == (columns == nil) else {
            throw SluiceError(
                .invalid,
                "\(place): "
                    + (hasHeader ? "\"columns\" is for files without a header" : "header: false needs \"columns\"")
            )
        }
        csv = try CSVDialect(settings, place)
        let word = settings["compress"] ?? FileCompression.none.rawValue
        guard let compression = FileCompression(rawValue: word) else {
            let words = FileCompression.allCases.map(\.rawValue).joined(separator: ", ")
            throw SluiceError(.invalid, "\(place): compress: \"\(word)\" is not known; allowed: \(words)")
        }
        self.compression = compression
        rollRecords = try Self.count("roll.records", settings["roll.records"], place)
        rollBytes = try Self.count("roll.bytes", settings["roll.bytes"], place)
    }

    func error(_ code: ErrorCode, _ what: String, isRetriable: Bool = false) -> SluiceError {
        SluiceError(code, "connection \"\(connection)\": \(what)", isRetriable: isRetriable)
    }

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map(String.init)
    }

    private static func types(_ text: String?, _ place: String) throws -> [(name: String, type: ValueType)] {
        try lines(text ?? "").map { line in
            guard let space = line.lastIndex(of: " "), let type = ValueType(String(line[line.index(after: space)...]))
            else { throw SluiceError(.invalid, "\(place): types: \"\(line)\" is no column with a type") }
            return (String(line[..<space]), type)
        }
    }

    private static func boolean(_ name: String, _ text: String?, _ place: String) throws -> Bool? {
        switch text {
        case nil: nil
        case "true": true
        case "false": false
        case let other?: throw SluiceError(.invalid, "\(place): \(name): \"\(other)\" is neither true nor false")
        }
    }

    private static func count(_ name: String, _ text: String?, _ place: String) throws -> Int? {
        guard let text else { return nil }
        guard let count = Int(text), count > 0 else {
            throw SluiceError(.invalid, "\(place): \(name): \"\(text)\" is no number above 0")
        }
        return count
    }
}

/// The characters that carry a CSV file's structure.
struct CSVDialect: Sendable {
    let delimiter: UInt8
    /// nil: nothing is quoted.
    let quote: UInt8?
    /// Not quoted, it is NULL.
    let null: [UInt8]

    init(_ settings: [String: String], _ place: String) throws {
        func character(_ name: String, _ text: String) throws -> UInt8 {
            guard text.utf8.count == 1, let byte = text.utf8.first, byte < 128, byte != 10, byte != 13 else {
                throw SluiceError(.invalid, "\(place): \(name): \"\(text)\" is not one ASCII character")
            }
            return byte
        }
        let delimiter = settings["delimiter"] ?? ","
        self.delimiter = delimiter == "tab" ? 9 : try character("delimiter", delimiter)
        let quote = settings["quote"] ?? "\""
        self.quote = quote == "none" ? nil : try character("quote", quote)
        null = Array((settings["null"] ?? "").utf8)
        guard self.delimiter != self.quote else {
            throw SluiceError(.invalid, "\(place): delimiter and quote are the same character")
        }
        guard !null.contains(where: { [self.delimiter, 10, 13].contains($0) || $0 == self.quote }) else {
            throw SluiceError(.invalid, "\(place): null holds a delimiter, a quote or the end of a line")
        }
    }
}
