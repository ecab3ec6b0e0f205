import Foundation

/// 16 MiB of disk that are kept so that a full disk still takes a cancel.
struct ReserveFile: Sendable {
    static let bytes = 16 << 20
    /// What must be free beside it for the store itself.
    private static let headroomBytes = 4 << 20

    let path: String

    init(store: String) {
        path = store + ".reserve"
    }

    /// Makes the reserve unless it is there; without room for it and some more for the store it is left out.
    func create() {
        var status = stat()
        if stat(path, &status) == 0, status.st_size == Self.bytes { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var room = statvfs()
        let available =
            fstatvfs(descriptor, &room) == 0 ? UInt64(room.f_bavail) * UInt64(room.f_frsize) : 0
        if available < UInt64(Self.bytes + Self.headroomBytes) || posix_fallocate(descriptor, 0, off_t(Self.bytes)) != 0
        {
            unlink(path)
        }
    }

    /// Gives the space back. false: there was no reserve.
    func free() -> Bool {
        unlink(path) == 0
    }
}
