internal import CSQLite

/// What SQLite answered instead of doing what it was asked.
///
/// Source: sqlite.org/rescode.html; `resultCode` is always the extended code.
public struct SQLiteError: Error, Sendable, CustomStringConvertible {
    public let resultCode: Int32
    /// SQLite's own words: `UNIQUE constraint failed: contacts.email`.
    public let message: String
    /// The statement it happened in; empty when opening.
    public let sql: String

    /// The kinds that call for different treatment.
    public enum Condition: Sendable, Hashable {
        /// Somebody else holds a lock and kept it beyond the busy time-out. Trying again may work.
        case busy
        case constraint(Constraint)
        /// The value does not fit its column or is larger than SQLite holds.
        case valueUnfit
        /// No space on the device.
        case full
        /// The device or file system failed; what was under way may or may not have happened.
        case inputOutput
        case cannotOpen
        /// The file or its directory may not be written.
        case readOnly
        /// A write was interrupted and only a connection that may write can undo it.
        case readOnlyNeedsRecovery
        /// Another file lies at the path now.
        case moved
        /// Not a database, or a damaged one.
        case damaged
        case outOfMemory
        case other
    }

    public enum Constraint: Sendable, Hashable {
        case check
        case foreignKey
        case notNull
        case unique
        case trigger
        case dataType
        case other
    }

    public init(resultCode: Int32, message: String, sql: String) {
        self.resultCode = resultCode
        self.message = message
        self.sql = sql
    }

    /// The error that the last call on this connection left behind.
    init(of handle: OpaquePointer?, sql: String) {
        self.init(
            resultCode: sqlite3_extended_errcode(handle),
            message: String(cString: sqlite3_errmsg(handle)),
            sql: sql
        )
    }

    public var description: String {
        sql.isEmpty ? "\(message) (SQLite \(resultCode))" : "\(message) (SQLite \(resultCode)) in: \(sql)"
    }

    public var condition: Condition {
        // The primary code is the low byte, the reason lies above it.
        switch resultCode & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_CONSTRAINT: .constraint(constraint)
        case SQLITE_MISMATCH, SQLITE_TOOBIG: .valueUnfit
        case SQLITE_FULL: .full
        case SQLITE_IOERR: .inputOutput
        case SQLITE_CANTOPEN: .cannotOpen
        case SQLITE_READONLY: readOnlyReason
        case SQLITE_PERM, SQLITE_AUTH: .readOnly
        case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged
        case SQLITE_NOMEM: .outOfMemory
        default: .other
        }
    }

    private var readOnlyReason: Condition {
        switch resultCode >> 8 {
        case 1, 3: .readOnlyNeedsRecovery
        case 4: .moved
        default: .readOnly
        }
    }

    private var constraint: Constraint {
        switch resultCode >> 8 {
        case 1: .check
        case 3: .foreignKey
        case 5: .notNull
        case 6, 8, 10: .unique
        case 7: .trigger
        case 12: .dataType
        default: .other
        }
    }
}
