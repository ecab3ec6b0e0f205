import Drivers

enum FileFormat: String, Sendable {
    case csv
    case jsonl

    /// Of file names, the first one for files that are made.
    var suffixes: [String] {
        switch self {
        case .csv: [".csv"]
        case .jsonl: [".jsonl", ".ndjson"]
        }
    }
}

/// How a file's bytes are packed; said by the end of its name.
enum FileCompression: String, CaseIterable, Sendable {
    case none
    case gzip
    case zstd

    var suffix: String {
        switch self {
        case .none: ""
        case .gzip: ".gz"
        case .zstd: ".zst"
        }
    }

    /// Of a file of this name.
    init(of name: String) {
        self = Self.allCases.first { !$0.suffix.isEmpty && name.hasSuffix($0.suffix) } ?? .none
    }

    func decompressor() throws -> (any Decompressor)? {
        switch self {
        case .none: nil
        case .gzip: try GzipDecompressor()
        case .zstd: try ZstdDecompressor()
        }
    }

    func compress(_ bytes: [UInt8]) throws -> [UInt8] {
        switch self {
        case .none: bytes
        case .gzip: try Gzip.compress(bytes)
        case .zstd: try Zstd.compress(bytes, level: 3)
        }
    }
}
