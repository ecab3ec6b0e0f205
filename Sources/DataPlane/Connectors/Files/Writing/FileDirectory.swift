import Drivers
import Model

#if canImport(Glibc)
import Glibc
#endif

/// An open directory: what happens in it happens in this very one, whatever takes its place meanwhile.
final class FileDirectory {
    /// The directory's identity.
    let system: String
    let path: String
    private let descriptor: OwnedDescriptor

    /// - Throws: `CallFailure`.
    init(path: String) throws {
        let opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw CallFailure("directory \(path) cannot be opened") }
        descriptor = OwnedDescriptor(opened)
        self.path = path
        var status = stat()
        guard fstat(opened, &status) == 0 else { throw CallFailure("directory \(path) cannot be looked at") }
        system = "\(status.st_dev):\(status.st_ino)"
    }

    private init(_ descriptor: Int32, path: String) {
        self.descriptor = OwnedDescriptor(descriptor)
        self.path = path
        system = ""
    }

    var isWritable: Bool { faccessat(descriptor.number, ".", W_OK | X_OK, 0) == 0 }

    /// Makes a file that must not be there.
    func make(_ name: String, _ content: [UInt8]) throws {
        let opened = openat(descriptor.number, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard opened >= 0 else { throw CallFailure("file \(path)/\(name) cannot be made") }
        defer { Glibc.close(opened) }
        try content.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = write(opened, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw CallFailure("file \(path)/\(name) cannot be written") }
                rest = rest.dropFirst(count)
            }
        }
    }

    func makeDirectory(_ name: String) throws -> FileDirectory {
        guard mkdirat(descriptor.number, name, 0o777) == 0 else {
            throw CallFailure("directory \(path)/\(name) cannot be made")
        }
        return try directory(name)
    }

    /// Waits until a file's bytes, or a directory's names, are on the device.
    func sync(_ name: String) throws {
        let opened = openat(descriptor.number, name, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw CallFailure("\(path)/\(name) cannot be opened") }
        defer { Glibc.close(opened) }
        guard fsync(opened) == 0 else { throw CallFailure("\(path)/\(name) cannot be synced") }
    }

    func sync() throws {
        guard fsync(descriptor.number) == 0 else { throw CallFailure("directory \(path) cannot be synced") }
    }

    func rename(_ from: String, to: String) throws {
        guard renameat(descriptor.number, from, descriptor.number, to) == 0 else {
            throw CallFailure("\(path)/\(from) cannot be renamed to \(to)")
        }
    }

    /// When its content was last written, and when anything of it (its name, too) was changed; nil: it is not there.
    func times(of name: String) throws -> (written: Timestamp, changed: Timestamp)? {
        var status = stat()
        guard fstatat(descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return nil }
            throw CallFailure("\(path)/\(name) cannot be looked at")
        }
        return (Timestamp(status.st_mtim), Timestamp(status.st_ctim))
    }

    /// Everything in it, hidden names too.
    func names() throws -> [String] {
        guard let listing = opendir(path) else { throw CallFailure("directory \(path) cannot be listed") }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(entry.pointee.d_reclen)) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a file, or a directory with the files in it. What is not there is fine.
    func remove(_ name: String) throws {
        guard unlinkat(descriptor.number, name, 0) != 0, errno != ENOENT else { return }
        guard errno == EISDIR || errno == EPERM else { throw CallFailure("\(path)/\(name) cannot be removed") }
        try empty(name)
        guard unlinkat(descriptor.number, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw CallFailure("directory \(path)/\(name) cannot be removed")
        }
    }

    /// Takes the bytes of a file, or the files of a directory, away and leaves the name.
    func empty(_ name: String) throws {
        let opened = openat(descriptor.number, name, O_WRONLY | O_TRUNC | O_CLOEXEC)
        if opened >= 0 {
            Glibc.close(opened)
            return
        }
        guard errno == EISDIR else { throw CallFailure("\(path)/\(name) cannot be emptied") }
        let inner = try directory(name)
        for file in try inner.names() { try inner.remove(file) }
    }

    private func directory(_ name: String) throws -> FileDirectory {
        let opened = openat(descriptor.number, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw CallFailure("directory \(path)/\(name) cannot be opened") }
        return FileDirectory(opened, path: "\(path)/\(name)")
    }
}

extension Timestamp {
    fileprivate init(_ time: timespec) {
        self.init(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}

/// A call of the system that failed.
struct CallFailure: Error {
    let what: String
    let number: Int32

    /// With the `errno` of the last call.
    init(_ what: String) {
        number = errno
        self.what = what
    }
}

extension FileSettings {
    func translating<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let failure as CallFailure {
            throw systemError(failure.what, failure.number)
        }
    }
}
