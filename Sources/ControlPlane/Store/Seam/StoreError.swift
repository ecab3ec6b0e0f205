/// Why the store did not take a list of changes, or did not open.
public enum StoreError: Error, Sendable, Hashable {
    /// A compare-and-set found another state; `detail` says which row, expected and found.
    case lostRace(detail: String)
    /// No space is left for the store's files; the reserve file may be freed.
    case full(path: String)
    /// Another process leads on this store.
    case locked(holder: String)
    case failed(detail: String)
}
