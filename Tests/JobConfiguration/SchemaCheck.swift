import Drivers
import Foundation
import TestSupport

/// `Protocols/configuration.schema.json`, and what `Tests/Schema/validate` finds by it.
struct SchemaCheck {
    static let project = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    static let path = "\(project)/Protocols/configuration.schema.json"

    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    /// What is wrong with each of the files; one process for all of them.
    static func findings(in files: [String]) throws -> [String: [String]] {
        let output = try Lifeline()
        let process = try ChildProcess(
            Program(
                path: "\(project)/Tests/Schema/validate",
                arguments: [path] + files,
                environment: ProcessInfo.processInfo.environment,
                standardOutput: output.held.number
            )
        )
        output.held.close()
        let handle = FileHandle(fileDescriptor: output.watched.number, closeOnDealloc: false)
        let text = try handle.readToEnd() ?? Data()
        guard case .exited(0) = try process.wait().cause else {
            throw Failed(
                description: "Tests/Schema/validate did not end well; it needs python3-jsonschema, python3-yaml"
            )
        }
        return try JSONDecoder().decode([String: [String]].self, from: text)
    }

    /// What is wrong with each of the texts, in their order.
    static func findings(inTexts texts: [String]) throws -> [[String]] {
        let directory = try TemporaryDirectory()
        let files = texts.indices.map { directory.file("\($0).yaml") }
        for (file, text) in zip(files, texts) { try text.write(toFile: file, atomically: false, encoding: .utf8) }
        let found = try findings(in: files)
        return files.map { found[$0] ?? ["not looked at"] }
    }

    /// The parts of the schema by name; the document itself is "".
    static func parts() throws -> [String: [String: Any]] {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        guard let root = try JSONSerialization.jsonObject(with: bytes) as? [String: Any],
            var parts = root["$defs"] as? [String: [String: Any]]
        else { throw Failed(description: "the schema has no $defs") }
        parts[""] = root
        return parts
    }
}
