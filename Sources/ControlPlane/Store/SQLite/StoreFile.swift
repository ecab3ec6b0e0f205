import Foundation

/// The store's file and what SQLite keeps beside it: for their owner only, as values of records and passwords stand in them.
enum StoreFile {
    private static let mode: mode_t = 0o600

    /// Makes the file when it is not there, and takes every right on it from others; SQLite gives the mode of the file to
    /// those that it makes beside it.
    ///
    /// Throws `StoreError.failed` when that cannot be done.
    static func protect(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        close(descriptor)
        for file in [path, path + "-wal", path + "-shm"] {
            guard chmod(file, mode) == 0 || errno == ENOENT else { throw failure("cannot protect from others:", file) }
        }
    }

    private static func failure(_ what: String, _ path: String) -> StoreError {
        .failed(detail: "\(what) \(path): \(String(cString: strerror(errno)))")
    }
}
