import Foundation
import Model
import TestSupport

/// From a PostgreSQL table into a directory, by `append`; the judge reads the files by itself.
final class FileArena: RecordArena {
    enum Format: String {
        case csv
        /// Every write is a directory of files.
        case jsonlRolled = "jsonl, rolled"
    }

    var name: String { format.rawValue }
    /// A rename is over in no time; so that kills land on both sides of it, it takes ten ms.
    let environment = SQLiteArena.slowCommits
    let configuration: String
    let effectsOfWholeRun = ArenaData.records
    private let format: Format
    private let source: PostgresServer
    private let path: String

    init(_ format: Format, in directory: String) throws {
        self.format = format
        source = try .withContacts()
        path = "\(directory)/out"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let connection =
            switch format {
            case .csv: "{ type: csv, path: \"\(path)\" }"
            case .jsonlRolled: "{ type: jsonl, path: \"\(path)\", roll: { records: \(ArenaData.batch / 3) } }"
            }
        configuration = ArenaData.configuration(
            source: "{ type: postgres, url: \"\(source.url)\" }",
            destination: connection,
            stream: "write_mode: append"
        )
    }

    func reset() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
    }

    /// Of the records in the files that are seen. What is no whole record of the source counts as one with the key -1.
    func effects() throws -> [Int: Int] {
        var effects: [Int: Int] = [:]
        for name in try writes() {
            for file in try files(of: name) {
                let text = try String(contentsOfFile: file, encoding: .utf8)
                var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                if lines.popLast() != "" { effects[-1, default: 0] += 1 }
                if format == .csv, lines.isEmpty || lines.removeFirst() != "id,name,email" {
                    effects[-1, default: 0] += 1
                }
                for line in lines { effects[key(of: line), default: 0] += 1 }
            }
        }
        return effects
    }

    func lastEffectAt() throws -> Timestamp? {
        try writes().map { name in
            var status = stat()
            guard stat("\(path)/\(name)", &status) == 0 else { throw CocoaError(.fileReadNoSuchFile) }
            // The rename changes it last.
            return Timestamp(
                microseconds: Int64(status.st_ctim.tv_sec) * 1_000_000 + Int64(status.st_ctim.tv_nsec) / 1_000
            )
        }.max()
    }

    /// The names that writes have made.
    private func writes() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }
    }

    private func files(of write: String) throws -> [String] {
        guard format == .jsonlRolled else { return ["\(path)/\(write)"] }
        return try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(write)").map { "\(path)/\(write)/\($0)" }
    }

    private func key(of line: Substring) -> Int {
        let id = Int(line.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? -1
        let record =
            switch format {
            case .csv: "\(id),Name \(id),\(ArenaData.email(id))"
            case .jsonlRolled: "{\"id\":\(id),\"name\":\"Name \(id)\",\"email\":\"\(ArenaData.email(id))\"}"
            }
        return line == record ? id : -1
    }
}
