import Foundation
import Model
import Store

/// A folder for one store of one test; it goes with the value.
///
/// In memory where there is such a place: a store opens with several syncs, and what is synced is asked of SQLite.
final class Scratch: Sendable {
    let folder: String

    init() throws {
        let memory = "/dev/shm"
        let place = access(memory, W_OK) == 0 ? memory : NSTemporaryDirectory()
        folder = "\(place)/sluice-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            FileHandle.standardError.write(Data("cannot remove \(folder): \(error)\n".utf8))
        }
    }

    var path: String { folder + "/sluice.db" }

    func open() throws -> SQLiteStore { try SQLiteStore.open(path: path) }
}
