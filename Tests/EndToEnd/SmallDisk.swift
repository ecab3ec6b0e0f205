import Drivers
import Foundation
import TestSupport

/// A file system of 28 MiB in memory: room for a store with its reserve, and for little more.
final class SmallDisk {
    let path: String
    private let directory: TemporaryDirectory
    private var ballast: String { "\(path)/ballast" }

    /// Whether this process may mount one.
    static let isAllowed: Bool = {
        guard let disk = try? SmallDisk() else { return false }
        disk.unmount()
        return true
    }()

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("disk")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        guard try Self.run("mount", "-t", "tmpfs", "-o", "size=28m,mode=0700", "sluice-test", path) else {
            throw SluiceServer.NotReached(description: "no file system can be mounted at \(path)")
        }
    }

    /// Must be called at the end of the test.
    func unmount() {
        // Lazily: a worker that dies may hold it for a moment more.
        _ = try? Self.run("umount", "--lazy", path)
    }

    /// Takes all the space that is left.
    func fill() throws {
        // Fails for want of space, as it should.
        _ = try Self.run("dd", "if=/dev/zero", "of=\(ballast)", "bs=4k", "status=none")
    }

    /// Gives it back.
    func clear() throws {
        try FileManager.default.removeItem(atPath: ballast)
    }

    private static func run(_ program: String, _ arguments: String...) throws -> Bool {
        let silence = try Lifeline()
        let process = try ChildProcess(
            Program(path: "/usr/bin/\(program)", arguments: arguments, standardError: silence.held.number)
        )
        return try process.wait().cause == .exited(status: 0)
    }
}
