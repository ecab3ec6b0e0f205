import GRDB

/// SQLite's errors as the store's.
enum StoreFailure {
    /// Runs `body`; whatever SQLite throws comes out as a `StoreError` that names the file.
    static func naming<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw storeError(error, path: path)
        } catch let error as RowDecodingError {
            throw StoreError.failed(detail: "the store \(path) holds a value it should not: \(error)")
        } catch let error as DecodingError {
            throw StoreError.failed(detail: "the store \(path) holds a value it should not: \(error)")
        }
    }

    private static func storeError(_ error: DatabaseError, path: String) -> StoreError {
        let detail = "the store \(path): \(error.message ?? "SQLite error") (\(error.extendedResultCode))"
        switch error.extendedResultCode {
        case .SQLITE_FULL, .SQLITE_IOERR_SHMSIZE:
            return .full(path: path)
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID,
            .SQLITE_CONSTRAINT_TRIGGER:
            return .lostRace(detail: detail)
        default:
            return .failed(detail: detail)
        }
    }
}
