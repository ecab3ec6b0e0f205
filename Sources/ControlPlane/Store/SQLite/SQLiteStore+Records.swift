public import Model

extension SQLiteStore {
    public func records(_ query: RecordQuery) throws -> RecordPage {
        RecordPage(records: [], cursor: nil)
    }
}
