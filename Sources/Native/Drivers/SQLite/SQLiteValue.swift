/// A value in one of SQLite's five storage classes. Text and blobs are lent, not copied: they live as long as what
/// lent them (a statement until its next step or reset, a batch while its bytes are borrowed).
public enum SQLiteValue {
    case null
    case integer(Int64)
    case real(Double)
    case text(UnsafeRawBufferPointer)
    case blob(UnsafeRawBufferPointer)
}
