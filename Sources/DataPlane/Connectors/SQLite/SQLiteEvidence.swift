import Drivers
import Model

#if canImport(Glibc)
import Glibc
#endif

/// Finds out what became of a write whose process is dead.
struct SQLiteEvidence {
    let file: SQLiteFile

    /// Opens the file anew, which undoes what a dead process left half done, and looks for the marker.
    func evidence(of write: WriteInDoubt) throws -> WriteEvidence {
        let id = write.identity.write
        guard let inode = file.inode() else {
            return .unknowable(detail: "file \(file.path) is gone")
        }
        let connection = try file.openForWriting()
        let markers = SQLiteMarkers(connection: connection)
        return try file.translating("looking for the marker of write \(id)") {
            guard try markers.exists() else {
                return .unknowable(
                    detail:
                        "file \(file.path) has no table \(SQLiteMarkers.table): "
                        + "it is not the file written to, or was restored"
                )
            }
            if let at = try markers.find(id) {
                try makeDurable()
                return .applied(detail: "marker of write \(id)", at: at)
            }
            guard write.system.isEmpty || write.system == "inode:\(inode)" else {
                return .unknowable(
                    detail: "file \(file.path) is inode:\(inode), the write went to \(write.system): it was replaced"
                )
            }
            guard try !markers.mayHaveRemoved(id) else {
                return .unknowable(detail: "markers as old as write \(id) have been removed")
            }
            return .notApplied(detail: "no marker of write \(id)")
        }
    }

    /// The dead process may have been killed between its last write and its sync; a verdict must outlast a power
    /// failure.
    private func makeDurable() throws {
        for path in ["\(file.path)-wal", file.directory] {
            let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
            if descriptor < 0, errno == ENOENT { continue }
            defer { Glibc.close(descriptor) }
            guard descriptor >= 0, fsync(descriptor) == 0 else {
                throw SluiceError(
                    .unreachable,
                    "connection \"\(file.connection)\": \(path) cannot be synced: \(String(cString: strerror(errno)))",
                    isRetriable: true
                )
            }
        }
    }
}
