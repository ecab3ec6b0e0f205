import Foundation

/// A directory of a test's own, removed with everything in it when the last reference goes.
///
/// Under `TMPDIR` if that is set; else in memory (`/dev/shm`) where that can be written, because tests that sync
/// files wait for a disk a thousand times longer; else under the system's temporary directory.
public final class TemporaryDirectory {
    public let path: String

    public init() throws {
        path = "\(Self.parent())/sluice-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            // A test may have removed or renamed it itself; anything else should be seen.
            if FileManager.default.fileExists(atPath: path) {
                print("cannot remove the test's directory \(path): \(error)")
            }
        }
    }

    /// The path of a file in it; the file is not made.
    public func file(_ name: String) -> String {
        "\(path)/\(name)"
    }

    private static func parent() -> String {
        if let named = ProcessInfo.processInfo.environment["TMPDIR"], !named.isEmpty {
            return named.hasSuffix("/") ? String(named.dropLast()) : named
        }
        return FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
    }
}
