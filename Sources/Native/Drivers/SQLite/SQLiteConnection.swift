internal import CSQLite

/// A connection to one SQLite file, for one thread at a time. Closed when the last reference to it and its statements
/// goes.
public final class SQLiteConnection {
    public enum Access: Sendable {
        case readOnly
        case readWrite
        /// Makes the file if there is none.
        case create
    }

    /// More distinct statements than any stream needs; beyond it the cache starts anew.
    private static let statementsMax = 128

    private let handle: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]

    /// Opens the file. SQLite reads nothing of it yet: whether it is a database shows in the first statement.
    ///
    /// - Parameter busyTimeout: how long a statement waits for somebody else's lock before it fails as `busy`.
    public init(path: String, access: Access, busyTimeout: Duration) throws(SQLiteError) {
        let mode =
            switch access {
            case .readOnly: SQLITE_OPEN_READONLY
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        // A relative name such as "file:x" would be taken for a URI.
        let name = path.hasPrefix("/") ? path : "./\(path)"
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(
            name,
            &opened,
            mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
            nil
        )
        guard code == SQLITE_OK, let opened else {
            let error = SQLiteError(of: opened, sql: "")
            sqlite3_close_v2(opened)
            throw error
        }
        handle = opened
        setBusyTimeout(busyTimeout)
    }

    deinit {
        // With statements still alive the connection lingers until the last of them is finalized.
        sqlite3_close_v2(handle)
    }

    public func setBusyTimeout(_ timeout: Duration) {
        let (seconds, attoseconds) = timeout.components
        sqlite3_busy_timeout(handle, Int32(seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }

    /// Executes one or more statements whose results do not matter.
    public func execute(_ sql: String) throws(SQLiteError) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw SQLiteError(of: handle, sql: sql)
        }
    }

    /// The prepared statement for this text, from the cache if it was used before.
    public func statement(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        if let cached = statements[sql] { return cached }
        let prepared = try SQLiteStatement(sql, on: handle)
        if statements.count >= Self.statementsMax { statements.removeAll() }
        statements[sql] = prepared
        return prepared
    }

    /// A transaction is open: begun, and neither committed nor rolled back, also not by SQLite itself.
    public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Rows that the last INSERT, UPDATE or DELETE itself changed, without those of triggers.
    public var changes: Int { Int(sqlite3_changes64(handle)) }

    /// The file was opened for writing but can only be read.
    public var isReadOnly: Bool { sqlite3_db_readonly(handle, "main") == 1 }

    /// Another file, or none, lies at the path now; writes would go to the old one that nobody sees.
    public var hasMoved: Bool {
        var moved: Int32 = 0
        let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved)
        return code == SQLITE_OK && moved != 0
    }

    /// Foreign keys violated so far in the open transaction that SQLite would only report at COMMIT.
    public var hasDeferredViolations: Bool {
        var current: Int32 = 0
        var highest: Int32 = 0
        sqlite3_db_status(handle, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0)
        return current != 0
    }
}
