import Model

#if canImport(Glibc)
import Glibc
#endif

/// Which file it is, and which content: another one after any write to it.
///
/// It travels in the bounds of the ranges, so that whoever reads a range knows whether it is still the file that was
/// cut, whatever processes have died in between; no process need keep a view open for the others.
struct FileIdentity: Hashable {
    let text: String
    let size: Int

    private init(_ status: stat) {
        let modified = "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        text = "\(status.st_dev):\(status.st_ino):\(status.st_size):\(modified)"
        size = Int(status.st_size)
    }

    /// Of an open file; nil when the system does not say.
    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Of the file that has this name now.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
