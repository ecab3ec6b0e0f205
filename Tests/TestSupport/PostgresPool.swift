import Drivers
import Foundation

/// A pgbouncer of a test's own in front of the test server, with one server session per database and user.
public final class PostgresPool {
    /// The server's URL, through the pool.
    public let url: String
    private var process: ChildProcess
    /// What it logs; open as long as it lives.
    private var log: Lifeline
    private let folder: TemporaryDirectory
    private let configuration: String

    /// Starts it and waits until it listens.
    ///
    /// - Parameter mode: `session`, `transaction` or `statement`.
    public init(of server: PostgresServer, mode: String, sessions: Int = 5) throws {
        folder = try TemporaryDirectory()
        guard let address = URLComponents(string: server.url), let host = address.host else {
            throw NotStarted(log: "\(server.url) names no host")
        }
        let port = try Self.freePort()
        var pooled = address
        pooled.port = port
        url = pooled.string ?? ""
        let users = folder.path + "/users"
        configuration = folder.path + "/pgbouncer.ini"
        try "\"\(address.user ?? "")\" \"\"\n".write(toFile: users, atomically: true, encoding: .utf8)
        try """
        [databases]
        * = host=\(host) port=\(address.port ?? 5432)
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = \(port)
        unix_socket_dir =
        auth_type = trust
        auth_file = \(users)
        pool_mode = \(mode)
        default_pool_size = \(sessions)
        """.write(toFile: configuration, atomically: true, encoding: .utf8)
        (process, log) = try Self.start(configuration)
    }

    /// Ends it, and with it every session through it: connections are refused.
    public func stop() throws {
        try process.kill()
        _ = try process.wait()
    }

    /// Starts it again, at the same address.
    public func start() throws {
        (process, log) = try Self.start(configuration)
    }

    private static func start(_ configuration: String) throws -> (ChildProcess, Lifeline) {
        let log = try Lifeline()
        let process = try ChildProcess(
            Program(
                path: "/usr/sbin/pgbouncer",
                // It refuses to run as root, and reads its files before it changes the user.
                arguments: (geteuid() == 0 ? ["-u", "postgres"] : []) + [configuration],
                standardError: log.held.number
            )
        )
        log.held.close()
        let handle = FileHandle(fileDescriptor: log.watched.number, closeOnDealloc: false)
        var text = Data()
        while !String(decoding: text, as: UTF8.self).contains("process up") {
            let piece = handle.availableData
            guard !piece.isEmpty else { throw NotStarted(log: String(decoding: text, as: UTF8.self)) }
            text += piece
        }
        return (process, log)
    }

    deinit {
        try? process.kill()
        _ = try? process.wait()
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 && getsockname(descriptor, address, &size) == 0
            }
        }
        guard isBound else { throw NotStarted(log: "there is no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    struct NotStarted: Error, CustomStringConvertible {
        var log: String
        var description: String { "pgbouncer did not start: \(log)" }
    }
}
