import ConformanceKit
import Connectors
import Drivers
import Foundation
import Model
import TestSupport

/// A directory of a test's own with CSV or JSON Lines files, and a reader and writer of them that share no code with the
/// connector's.
final class FileSubject {
    enum Kind: String, CaseIterable {
        case csv
        case csvGzip
        case csvZstd
        case jsonl
        case jsonlGzip

        var type: String { rawValue.hasPrefix("csv") ? "csv" : "jsonl" }
        var compress: String { self == .csvZstd ? "zstd" : rawValue.hasSuffix("Gzip") ? "gzip" : "none" }
        var end: String { ".\(type)" + (compress == "gzip" ? ".gz" : compress == "zstd" ? ".zst" : "") }
    }

    let kind: Kind
    let directory: TemporaryDirectory
    /// Over those that the kit's tables need.
    var settings: [String: String] = [:]

    init(_ kind: Kind = .csv) throws {
        self.kind = kind
        directory = try TemporaryDirectory()
    }

    func connection(_ settings: [String: String]) throws -> ResolvedConnection {
        try ResolvedConnection(
            ConnectionSpec(
                name: "files",
                type: kind.type,
                settings: ["path": directory.path].merging(settings) { $1 }
            ),
            environment: [:],
            readFile: { _ in "" }
        )
    }

    func source(_ settings: [String: String] = [:]) throws -> any Source {
        try Registry.source(for: connection(settings))
    }

    func destination(_ settings: [String: String] = [:]) throws -> any Destination {
        try Registry.destination(for: connection(["compress": kind.compress].merging(settings) { $1 }))
    }

    func write(_ content: String, to name: String) throws {
        try write(Array(content.utf8), to: name)
    }

    /// Adds a compressed frame of its own to the file, which is made if it is missing.
    func write(_ bytes: [UInt8], to name: String) throws {
        let packed =
            name.hasSuffix(".gz") ? try Gzip.compress(bytes) : name.hasSuffix(".zst") ? try Zstd.compress(bytes) : bytes
        let path = directory.file(name)
        if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(fileURLWithPath: path)) }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { handle.closeFile() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(packed))
    }

    /// What is there and not hidden, in the order of the names.
    func visible() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { !$0.hasPrefix(".") }.sorted()
    }

    /// The content of a file, decompressed.
    func read(_ name: String) throws -> String {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory.file(name))))
        if name.hasSuffix(".gz") { return String(decoding: try unpacked(bytes, GzipDecompressor()), as: UTF8.self) }
        if name.hasSuffix(".zst") { return String(decoding: try unpacked(bytes, ZstdDecompressor()), as: UTF8.self) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func unpacked(_ bytes: [UInt8], _ decompressor: any Decompressor) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: 1 << 22)
        var place = 0
        var count = 0
        while place < bytes.count || !decompressor.isBetweenFrames {
            let (consumed, produced) = try bytes.withUnsafeBytes { input in
                try output.withUnsafeMutableBytes { output in
                    try decompressor.decompress(
                        UnsafeRawBufferPointer(rebasing: input[place...]),
                        into: UnsafeMutableRawBufferPointer(rebasing: output[count...])
                    )
                }
            }
            guard consumed + produced > 0 else { break }
            place += consumed
            count += produced
        }
        return Array(output[..<count])
    }

    func conformance() -> ConformanceSubject {
        ConformanceSubject(
            makeSource: { try self.source(["types": self.types]) },
            makeDestination: { try self.destination() },
            makeTable: { table in
                self.tables.append(table)
                if self.isSource { try self.write(self.header(table), to: table.name + self.kind.end) }
                return table.name
            },
            insert: { table, rows in
                let lines = rows.map { self.line($0, table) }.joined()
                try self.write(lines, to: table.name + self.kind.end)
            },
            rows: rows,
            countWrites: { _ in { 0 } },
            isPositional: true
        )
    }

    /// Whether `makeTable` makes a file; a destination makes its own.
    var isSource = true

    private var tables: [SampleTable] = []

    /// Of the columns of the tables made so far; contacts will come where there are none.
    private var types: String {
        let columns = (tables.isEmpty ? [SampleTable.contacts()] : tables).flatMap(\.columns)
        let lines = columns.map { "\($0.name) \($0.kind.type)" }
        return lines.enumerated().filter { lines.firstIndex(of: $1) == $0 }.map(\.element).joined(separator: "\n")
    }

    private func header(_ table: SampleTable) -> String {
        kind.type == "csv" ? table.columns.map { quoted($0.name) }.joined(separator: ",") + "\n" : ""
    }

    private func line(_ row: SampleRow, _ table: SampleTable) -> String {
        if kind.type == "csv" {
            let values = row.map { value in
                if case .null = value { return "" }
                if case .text(let text) = value { return quoted(text) }
                return plain(value)
            }
            return values.joined(separator: ",") + "\n"
        }
        let members = zip(table.columns, row).map { column, value in
            let text =
                switch value {
                case .text(let text): json(text)
                case .real(let real) where !real.isFinite: json(plain(.real(real)))
                default: plain(value)
                }
            return "\(json(column.name)): \(text)"
        }
        return "{\(members.joined(separator: ", "))}\n"
    }

    private func plain(_ value: SampleValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let bool): bool ? "true" : "false"
        case .integer(let integer): "\(integer)"
        case .real(let real): real.isFinite ? "\(real)" : real < 0 ? "-Infinity" : "Infinity"
        case .text(let text): text
        }
    }

    private func quoted(_ text: String) -> String {
        "\"\(text.replacing("\"", with: "\"\""))\""
    }

    private func json(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            // Every third spelling of a character is an escape.
            case _ where scalar.value < 32 || scalar.value == 0xE9: "\\u" + String(format: "%04X", scalar.value)
            case "🛶": "\\ud83d\\udef6"
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }

    /// All rows of the files whose names begin with the table's, in the order of the names.
    private func rows(_ table: SampleTable) throws -> [SampleRow] {
        try visible().filter { $0.hasPrefix("\(table.name).") }.flatMap { name in
            kind.type == "csv" ? try csv(try read(name), table) : try jsonl(try read(name), table)
        }
    }

    private func csv(_ text: String, _ table: SampleTable) throws -> [SampleRow] {
        var records: [[String?]] = [[]]
        var field: String? = nil
        var isQuoted = false
        var rest = Array(text.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"" where isQuoted && rest.first == "\"":
                rest = rest.dropFirst()
                field = (field ?? "") + "\""
            case "\"":
                isQuoted.toggle()
                field = field ?? ""
            case "," where !isQuoted:
                records[records.count - 1].append(field)
                field = nil
            case "\n" where !isQuoted:
                records[records.count - 1].append(field)
                field = nil
                records.append([])
            default:
                field = (field ?? "") + String(scalar)
            }
        }
        guard records.last == [] else { throw ConformanceFailure("the file does not end with a line") }
        guard records.first == table.columns.map(\.name) else {
            throw ConformanceFailure("the header is \(records[0])")
        }
        return records.dropFirst().dropLast().map { record in
            zip(record, table.columns).map { field, column in value(field, column.kind) }
        }
    }

    private func jsonl(_ text: String, _ table: SampleTable) throws -> [SampleRow] {
        try text.split(separator: "\n").map { line in
            let parsed = try JSONSerialization.jsonObject(with: Data(line.utf8))
            guard let object = parsed as? [String: Any] else { throw ConformanceFailure("no object: \(line)") }
            return table.columns.map { column in
                switch (object[column.name], column.kind) {
                case (let number as NSNumber, .bool): .bool(number.boolValue)
                case (let number as NSNumber, .integer): .integer(number.int64Value)
                case (let number as NSNumber, .real): .real(number.doubleValue)
                case (let text as String, let kind): value(text, kind)
                default: .null
                }
            }
        }
    }

    private func value(_ text: String?, _ kind: SampleColumn.Kind) -> SampleValue {
        guard let text else { return .null }
        return switch kind {
        case .bool: .bool(text == "true")
        case .integer: Int64(text).map { .integer($0) } ?? .text("no integer: \(text)")
        case .real: Double(text).map { .real($0) } ?? .text("no number: \(text)")
        case .text: .text(text)
        }
    }
}
