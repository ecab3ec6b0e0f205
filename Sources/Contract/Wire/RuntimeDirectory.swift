internal import Foundation
internal import Glibc
public import Model

/// The directory of a coordinator's sockets: for its user alone, never beside the store.
public enum RuntimeDirectory {
    /// `sun_path` without its terminating NUL. Source: unix(7).
    public static let socketPathBytesMax = 107

    /// Makes `sluice/NAME` in `$XDG_RUNTIME_DIR`, or `sluice-UID/NAME` in the temporary directory, mode 0700.
    ///
    /// `name` keeps coordinators apart, for example a digest of the store's path. A directory of that name is used again
    /// if it is ours. `environment` nil: this process's own. Throws `denied` when somebody else owns it or may write to it.
    public static func make(
        name: String,
        environment: [String: String]? = nil
    ) throws(SluiceError) -> String {
        let environment = environment ?? ProcessInfo.processInfo.environment
        let parent: String
        if let runtime = environment["XDG_RUNTIME_DIR"], runtime.hasPrefix("/") {
            parent = "\(trimmed(runtime))/sluice"
        } else {
            parent = "\(trimmed(environment["TMPDIR"] ?? "/tmp"))/sluice-\(getuid())"
        }
        let path = "\(parent)/\(name)"
        try claim(parent)
        try claim(path)
        return path
    }

    private static func trimmed(_ path: String) -> String {
        path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// In a directory where everybody may write, somebody else may have been there first.
    private static func claim(_ path: String) throws(SluiceError) {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            let reason = String(cString: strerror(errno))
            throw SluiceError(.denied, "directory \(path) for sockets cannot be made: \(reason)")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else {
            let reason = String(cString: strerror(errno))
            throw SluiceError(.denied, "directory \(path) for sockets cannot be read: \(reason)")
        }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid() else {
            throw SluiceError(
                .denied,
                "\(path) is not a directory of this user; remove it, or set XDG_RUNTIME_DIR"
            )
        }
        guard status.st_mode & 0o077 == 0 || chmod(path, 0o700) == 0 else {
            throw SluiceError(.denied, "\(path) is open to other users and cannot be closed")
        }
    }
}
