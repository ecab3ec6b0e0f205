import Foundation
import Glibc

/// A short-lived directory with a path short enough for sockets.
struct ScratchDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/sluice-worker-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CocoaError(.fileWriteUnknown)
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
