import CPostgres

/// The answer to one statement; the memory is libpq's and lives as long as this object.
public final class PostgresResult {
    private let handle: OpaquePointer
    public let rows: Int
    public let columns: Int

    init(owning handle: OpaquePointer) {
        self.handle = handle
        rows = Int(PQntuples(handle))
        columns = Int(PQnfields(handle))
    }

    deinit {
        PQclear(handle)
    }

    /// `UPDATE 5`, `COMMIT`; a COMMIT of a failed transaction answers `ROLLBACK` and no error.
    public var commandTag: String { String(cString: PQcmdStatus(handle)) }

    /// Rows inserted, updated, selected or copied.
    public var affected: Int {
        Int(String(cString: PQcmdTuples(handle))) ?? 0
    }

    public func isNull(row: Int, column: Int) -> Bool {
        PQgetisnull(handle, Int32(row), Int32(column)) == 1
    }

    /// The field as text, for results in text format or of text type; nil for NULL.
    public func text(row: Int, column: Int) -> String? {
        unsafeField(row: row, column: column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A bool of either format: `t` or a byte 1.
    public func bool(row: Int, column: Int) -> Bool {
        guard let first = unsafeField(row: row, column: column)?.first else { return false }
        return first == 1 || first == UInt8(ascii: "t")
    }

    /// The field's bytes, nil for NULL. Valid only while this object is: keep it with `withExtendedLifetime`.
    public func unsafeField(row: Int, column: Int) -> UnsafeRawBufferPointer? {
        let (row, column) = (Int32(row), Int32(column))
        let length = Int(PQgetlength(handle, row, column))
        if length == 0, PQgetisnull(handle, row, column) == 1 { return nil }
        return UnsafeRawBufferPointer(start: PQgetvalue(handle, row, column), count: length)
    }
}
