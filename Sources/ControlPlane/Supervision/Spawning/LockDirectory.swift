internal import Drivers
internal import Foundation
internal import Model

/// The directory of lock files, held by one supervisor at a time.
///
/// A worker's file is made and locked before the worker starts, and removed only when nobody holds it any more. So where
/// the directory has been there since this boot (its own lock file says so) and its former supervisor is dead, a file
/// that is missing means: never started, or dead.
final class LockDirectory {
    let path: String
    /// It was there before us, in this boot.
    let isContinuous: Bool
    private let own: FileLock
    private static let suffix = ".lock"
    /// A supervisor whose coordinator has died ends within milliseconds.
    private static let patience = Duration.seconds(15)

    /// Waits for the end of the supervisor before us; throws when it does not end, or when `lifeline` ends first.
    init(_ path: String, bootID: String, lifeline: Int32) throws {
        self.path = path
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let file = "\(path)/supervisor\(Self.suffix)"
        own = try Self.acquire(file, lifeline: lifeline)
        // Rewritten in place: the lock is on this very file.
        isContinuous = try String(contentsOfFile: file, encoding: .utf8) == bootID
        if isContinuous {
            try sweep()
        } else {
            try bootID.write(toFile: file, atomically: false, encoding: .utf8)
        }
    }

    func path(of incarnation: Incarnation) -> String {
        "\(path)/\(incarnation)\(Self.suffix)"
    }

    /// Only once the worker is dead.
    func remove(_ incarnation: Incarnation) throws {
        let file = path(of: incarnation)
        do {
            try FileManager.default.removeItem(atPath: file)
        } catch CocoaError.fileNoSuchFile {
            return
        }
    }

    private static func acquire(_ file: String, lifeline: Int32) throws -> FileLock {
        let deadline = ContinuousClock.now.advanced(by: patience)
        while true {
            if let lock = try FileLock.acquire(file) { return lock }
            let isCut = try !Poller.wait(
                sockets: [],
                descriptors: [lifeline],
                timeout: .milliseconds(5)
            ).isEmpty
            if isCut || ContinuousClock.now > deadline {
                throw SluiceError(
                    .conflict,
                    """
                    \(file) is locked by another supervisor that does not end; kill it, or give this \
                    one a lock directory of its own
                    """
                )
            }
        }
    }

    /// Removes what workers of earlier supervisors left.
    private func sweep() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: path)
        where name.hasSuffix(Self.suffix) {
            guard let incarnation = Incarnation(String(name.dropLast(Self.suffix.count))) else {
                continue
            }
            if try FileLock.state(of: self.path(of: incarnation)) == .free {
                try remove(incarnation)
            }
        }
    }
}
