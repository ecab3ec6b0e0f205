import Drivers
import Foundation
import TestSupport

/// A `sluice` command as a person starts it: its output, and how it ended.
final class Terminal {
    private let process: ChildProcess
    private let output: Lifeline
    private(set) var text = ""

    /// - Parameter environment: over this process's own.
    init(_ arguments: [String], environment: [String: String] = [:]) throws {
        output = try Lifeline()
        process = try ChildProcess(
            Program(
                path: try SluiceServer.binary("sluice"),
                arguments: arguments,
                environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
                standardOutput: output.held.number,
                standardError: output.held.number
            )
        )
        output.held.close()
    }

    /// Reads until `expected` has been printed, or the command's output ends.
    func read(until expected: String? = nil) -> String {
        let handle = FileHandle(fileDescriptor: output.watched.number, closeOnDealloc: false)
        while expected.map({ !text.contains($0) }) ?? true {
            let piece = handle.availableData
            guard !piece.isEmpty else { break }
            text += String(decoding: piece, as: UTF8.self)
        }
        return text
    }

    func interrupt() throws {
        try process.signal(2)
    }

    /// Waits for its end. All it printed is in `text` then.
    func exitStatus() throws -> Int32 {
        _ = read()
        guard case .exited(let status) = try process.wait().cause else { return -1 }
        return status
    }
}
