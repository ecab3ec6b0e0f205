import Drivers
import Model

#if canImport(Glibc)
import Glibc
#endif

/// The file behind a connection of type `sqlite`: its one setting is `path`.
struct SQLiteFile {
    /// How long reading, and everything that is not a write, waits for somebody else's lock.
    static let patience = Duration.seconds(5)

    let connection: String
    let path: String

    /// - Throws: `invalid` for a missing or unknown setting.
    init(_ resolved: ResolvedConnection) throws {
        connection = resolved.name
        for setting in resolved.settings.keys.sorted() where setting != "path" {
            throw SluiceError(
                .invalid,
                "connection \"\(resolved.name)\": type sqlite has no setting \"\(setting)\"; allowed: path"
            )
        }
        guard let path = resolved.settings["path"], !path.isEmpty, path != ":memory:" else {
            throw SluiceError(
                .invalid,
                "connection \"\(resolved.name)\": setting \"path\" must name an SQLite file"
            )
        }
        self.path = path
    }

    /// Opens the file, which must exist, and reads its header.
    ///
    /// - Throws: `unreachable`, `denied`, `invalid` (not a database), `timedOut`.
    func open(_ access: SQLiteConnection.Access) throws -> SQLiteConnection {
        try checkFile(access)
        return try translating("cannot be opened") {
            let opened = try SQLiteConnection(path: path, access: access, busyTimeout: Self.patience)
            try opened.execute("PRAGMA case_sensitive_like = ON")
            try opened.statement("SELECT count(*) FROM sqlite_schema").run()
            return opened
        }
    }

    /// Opens the file as a destination: committed is synced, foreign keys hold.
    func openForWriting() throws -> SQLiteConnection {
        let opened = try open(.readWrite)
        return try translating("cannot be opened for writing") {
            // EXTRA is FULL, and without WAL also syncs the removal of the journal, which is what commits.
            try opened.execute("PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON")
            guard !opened.isReadOnly else {
                throw SluiceError(.denied, "connection \"\(connection)\", file \(path): it can only be read")
            }
            return opened
        }
    }

    /// The directory that the file, and what SQLite keeps beside it, lies in.
    var directory: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The file's identity: another file that takes its place has another one.
    func inode() -> UInt64? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return UInt64(status.st_ino)
    }

    /// Executes `body` and says of SQLite's errors where and at what they happened.
    func translating<Result>(_ what: @autoclosure () -> String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as SQLiteError {
            throw describe(error, what())
        }
    }

    func describe(_ error: SQLiteError, _ what: String) -> SluiceError {
        let place = "connection \"\(connection)\", file \(path): \(what)"
        switch error.condition {
        case .busy:
            return SluiceError(
                .timedOut,
                "\(place): another process holds a lock on the file (\(error.message)); try again when it is done",
                isRetriable: true
            )
        case .cannotOpen:
            return SluiceError(.unreachable, "\(place): \(error.message)", isRetriable: true)
        case .readOnly:
            return SluiceError(
                .denied,
                "\(place): \(error.message); the file and its directory must be writable"
            )
        case .readOnlyNeedsRecovery:
            return SluiceError(
                .unreachable,
                "\(place): an interrupted write must be undone first, which a source may not do; "
                    + "open the file once for writing, for example: sqlite3 \(path) 'SELECT 1 FROM sqlite_schema'"
            )
        case .moved:
            return SluiceError(.conflict, "\(place): the file was moved or replaced meanwhile", isRetriable: true)
        case .damaged:
            return SluiceError(.invalid, "\(place): it is no SQLite database, or damaged (\(error.message))")
        case .full, .outOfMemory:
            return SluiceError(.exhausted, "\(place): \(error.message); make room", isRetriable: true)
        case .inputOutput:
            return SluiceError(.unreachable, "\(place): \(error.message)", isRetriable: true)
        case .constraint, .valueUnfit, .other:
            return SluiceError(.invalid, "\(place): \(error)")
        }
    }

    /// SQLite says only "unable to open database file"; the system knows why.
    private func checkFile(_ access: SQLiteConnection.Access) throws {
        let place = "connection \"\(connection)\", file \(path)"
        var status = stat()
        guard stat(path, &status) == 0 else {
            let reason = String(cString: strerror(errno))
            switch errno {
            case ENOENT, ENOTDIR:
                throw SluiceError(.unreachable, "\(place): no such file; it is not made by itself")
            case EACCES, EPERM:
                throw SluiceError(.denied, "\(place): \(reason)")
            default:
                throw SluiceError(.unreachable, "\(place): \(reason)", isRetriable: true)
            }
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SluiceError(.invalid, "\(place): not a regular file")
        }
        let needed = access == .readOnly ? R_OK : R_OK | W_OK
        guard Glibc.access(path, needed) == 0 else {
            let right = access == .readOnly ? "read" : "read and write"
            throw SluiceError(.denied, "\(place): this process may not \(right) it")
        }
        guard access == .readOnly || Glibc.access(directory, W_OK | X_OK) == 0 else {
            throw SluiceError(
                .denied,
                "\(place): this process may not make a journal in directory \(directory), which a write needs"
            )
        }
    }
}
