import Drivers
import Foundation
import TestSupport

/// The worker in `Tests/SecondWorker`, with what protoc makes of the protocol for it.
struct SecondWorker {
    /// Its executable.
    let path: String
    /// What its processes need.
    let environment: [String: String]

    /// Runs protoc; what it makes goes with the directory.
    init(in directory: TemporaryDirectory) throws {
        let project = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
        path = "\(project)/Tests/SecondWorker/second-worker"
        let generated = directory.file("generated")
        try FileManager.default.createDirectory(atPath: generated, withIntermediateDirectories: true)
        let compiler = try ChildProcess(
            Program(
                path: "/usr/bin/protoc",
                arguments: [
                    "--proto_path=\(project)/Protocols/sluice", "--python_out=\(generated)", "wire.proto",
                    "journal.proto",
                ]
            )
        )
        guard case .exited(0) = try compiler.wait().cause else { throw Unmade() }
        environment = ["PYTHONPATH": generated, "PYTHONDONTWRITEBYTECODE": "1"]
    }

    struct Unmade: Error, CustomStringConvertible {
        let description = "protoc did not make the Python code of Protocols/sluice"
    }
}
