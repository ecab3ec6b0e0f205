internal import CSQLite

/// A prepared statement. Parameters count from 1, as in SQL; result columns from 0.
///
/// After the last use of its results call `reset`: a statement in mid-result holds a lock on the file.
public final class SQLiteStatement {
    private let handle: OpaquePointer
    public let sql: String
    public let columnCount: Int

    init(_ sql: String, on connection: OpaquePointer) throws(SQLiteError) {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else {
            throw SQLiteError(of: connection, sql: sql)
        }
        handle = prepared
        self.sql = sql
        columnCount = Int(sqlite3_column_count(prepared))
    }

    deinit {
        sqlite3_finalize(handle)
    }

    /// Binds a value.
    ///
    /// - Parameter copying: false leaves text and blobs where they are; they must stay there until the next `reset`.
    public func bind(_ value: SQLiteValue, at parameter: Int, copying: Bool = false) throws(SQLiteError) {
        let index = Int32(parameter)
        // No destructor is SQLITE_STATIC: SQLite neither copies nor frees.
        let destructor = copying ? Self.transient : nil
        let code =
            switch value {
            case .null: sqlite3_bind_null(handle, index)
            case .integer(let integer): sqlite3_bind_int64(handle, index, integer)
            case .real(let real): sqlite3_bind_double(handle, index, real)
            // The null pointer of an empty buffer would bind NULL.
            case .text(let bytes) where bytes.isEmpty: sqlite3_bind_text(handle, index, "", 0, Self.transient)
            case .blob(let bytes) where bytes.isEmpty: sqlite3_bind_zeroblob(handle, index, 0)
            case .text(let bytes):
                sqlite3_bind_text64(
                    handle,
                    index,
                    bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                    UInt64(bytes.count),
                    destructor,
                    UInt8(SQLITE_UTF8)
                )
            case .blob(let bytes):
                sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), destructor)
            }
        try check(code)
    }

    /// Binds a copy of the text.
    public func bind(_ text: String, at parameter: Int) throws(SQLiteError) {
        let code = sqlite3_bind_text(
            handle,
            Int32(parameter),
            text,
            Int32(text.utf8.count),
            Self.transient
        )
        try check(code)
    }

    /// Goes to the next row of the result; false after the last.
    public func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW:
            return true
        case SQLITE_DONE:
            return false
        default:
            throw SQLiteError(of: sqlite3_db_handle(handle), sql: sql)
        }
    }

    /// Executes to the end, whatever rows come, and resets.
    public func run() throws(SQLiteError) {
        defer { reset() }
        while try step() {}
    }

    /// Ends the execution and lets go of all bound values.
    public func reset() {
        // The code repeats the error of the last step, which has been thrown already.
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    /// The value of the current row, lent until the next `step` or `reset`.
    public func value(at column: Int) -> SQLiteValue {
        let index = Int32(column)
        switch sqlite3_column_type(handle, index) {
        case SQLITE_INTEGER:
            return .integer(sqlite3_column_int64(handle, index))
        case SQLITE_FLOAT:
            return .real(sqlite3_column_double(handle, index))
        case SQLITE_TEXT:
            // The length is asked for after the text: it is that of the converted text.
            let start = sqlite3_column_text(handle, index)
            let count = Int(sqlite3_column_bytes(handle, index))
            return .text(UnsafeRawBufferPointer(start: start, count: count))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(handle, index)
            let count = Int(sqlite3_column_bytes(handle, index))
            return .blob(UnsafeRawBufferPointer(start: start, count: count))
        default:
            return .null
        }
    }

    /// The current row's value as an integer; SQLite converts, NULL is 0.
    public func integer(at column: Int) -> Int64 {
        sqlite3_column_int64(handle, Int32(column))
    }

    /// The current row's value as text; SQLite converts, NULL is nil.
    public func string(at column: Int) -> String? {
        guard let start = sqlite3_column_text(handle, Int32(column)) else { return nil }
        let count = Int(sqlite3_column_bytes(handle, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// Tells SQLite to copy the value at once.
    private static var transient: sqlite3_destructor_type {
        unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }

    private func check(_ code: Int32) throws(SQLiteError) {
        guard code != SQLITE_OK else { return }
        throw SQLiteError(of: sqlite3_db_handle(handle), sql: sql)
    }
}
