public import Model
import Wire

extension CoordinatorSettings {
    /// Makes the directory of the sockets and lock files of the coordinator that leads on `store`.
    ///
    /// - Parameter store: absolute path; two stores have two directories.
    /// - Throws: `denied` when the directory belongs to somebody else.
    public static func runtimeDirectory(store: String) throws(SluiceError) -> String {
        // FNV-1a, 64 bits: a name that is short enough for a socket's path.
        let digest = store.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return try RuntimeDirectory.make(name: String(digest, radix: 16))
    }
}
