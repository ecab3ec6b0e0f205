internal import CProcess
internal import Glibc

/// An exclusive `flock` on a file; it ends with the last process that holds the descriptor, however that process ends.
public final class FileLock: Sendable {
    public let path: String
    private let owned: OwnedDescriptor

    /// To be passed to a child that is to hold the lock after us.
    public var descriptor: Int32 { owned.number }

    private init(path: String, descriptor: Int32) {
        self.path = path
        owned = OwnedDescriptor(descriptor)
    }

    /// Locks `path`, creating the file (mode 0600); nil when somebody else holds it. Never waits.
    public static func acquire(_ path: String) throws -> FileLock? {
        let result = sluice_lock_open(path, 1)
        if result == -EWOULDBLOCK { return nil }
        return FileLock(path: path, descriptor: try DriverError.check(result, "lock \(path)"))
    }

    /// What the lock file tells of its holder.
    public enum State: Sendable, Hashable {
        case held
        case free
        /// No such file: that proves nothing.
        case missing
    }

    /// Looks whether anybody holds the lock, without creating the file.
    public static func state(of path: String) throws -> State {
        switch sluice_lock_open(path, 0) {
        case -EWOULDBLOCK: return .held
        case -ENOENT: return .missing
        case let result:
            sluice_close(try DriverError.check(result, "try the lock \(path)"))
            return .free
        }
    }

    /// Gives up our share of the lock; a child that inherited the descriptor keeps it.
    public func release() {
        owned.close()
    }
}
