import Foundation
import Model

/// The exclusive flock that makes this process the leader on a store. It ends with the process, however that ends.
///
/// The file's content names the holder for those who are refused. It is one padded write, so that a reader never
/// sees half of it; it is believed only while the lock is held, as a dead leader leaves its name behind.
final class LeaderLock: Sendable {
    private static let contentBytes = 512
    /// How long a held lock is tried again: somebody asking who leads holds it for an instant, too.
    private static let attemptsMax = 20
    private static let attemptInterval = Duration.milliseconds(10)

    let path: String
    private let descriptor: Int32

    /// Throws `StoreError.locked` when another process leads, `failed` when the file cannot be opened.
    init(store: String) throws {
        path = Self.path(store: store)
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError.failed(detail: "cannot open \(path): \(Self.reason(errno))")
        }
        // Of a file that was there before: the token in it is for its owner only.
        guard fchmod(descriptor, 0o600) == 0 else {
            let failure = errno
            close(descriptor)
            throw StoreError.failed(detail: "cannot protect \(path) from others: \(Self.reason(failure))")
        }
        for attempt in 1... {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { break }
            guard errno == EWOULDBLOCK, attempt < Self.attemptsMax else {
                let failure = errno
                let leader = Self.read(descriptor)
                close(descriptor)
                guard failure == EWOULDBLOCK else {
                    throw StoreError.failed(detail: "cannot lock \(path): \(Self.reason(failure))")
                }
                throw StoreError.locked(holder: leader?.description ?? "an unknown process")
            }
            usleep(useconds_t(Self.attemptInterval.microseconds))
        }
        try write(Leader(pid: getpid(), address: nil))
    }

    deinit {
        close(descriptor)
    }

    /// Tells those who can read the file where the leader's API listens, and what it asks of them.
    func announce(address: String, token: String) throws {
        try write(Leader(pid: getpid(), address: address, token: token))
    }

    /// Who holds the lock of the store now; nil when nobody does.
    static func leader(store: String) -> Leader? {
        let descriptor = open(path(store: store), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        return read(descriptor)
    }

    private static func path(store: String) -> String { store + ".lock" }

    private func write(_ leader: Leader) throws {
        var content = try Array(JSONText.encode(leader).utf8)
        guard content.count < Self.contentBytes else {
            throw StoreError.failed(
                detail: "the address in \(path) has \(content.count) bytes; at most \(Self.contentBytes) fit"
            )
        }
        content += Array(repeating: UInt8(ascii: " "), count: Self.contentBytes - 1 - content.count)
        content.append(UInt8(ascii: "\n"))
        guard pwrite(descriptor, content, content.count, 0) == content.count else {
            let failure = errno
            if failure == ENOSPC || failure == EDQUOT { throw StoreError.full(path: path) }
            throw StoreError.failed(detail: "cannot write \(path): \(Self.reason(failure))")
        }
    }

    private static func read(_ descriptor: Int32) -> Leader? {
        var content = [UInt8](repeating: 0, count: contentBytes)
        let count = pread(descriptor, &content, content.count, 0)
        guard count > 0 else { return nil }
        return try? JSONText.decode(Leader.self, from: String(decoding: content[..<count], as: UTF8.self))
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
