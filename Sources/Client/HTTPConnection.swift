import Glibc
import Model

/// One blocking TCP connection for one HTTP/1.1 request. The only cost of a command that asks a server is this round trip.
struct HTTPConnection: ~Copyable {
    private let descriptor: Int32
    private let server: ServerAddress

    /// - Parameter timeout: of the connecting and of each wait for bytes.
    /// - Throws: `unreachable`.
    init(to server: ServerAddress, timeout: Duration) throws {
        self.server = server
        descriptor = try Self.connect(to: server, timeout: timeout)
    }

    deinit {
        close(descriptor)
    }

    private static func connect(to server: ServerAddress, timeout: Duration) throws -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(server.host, "\(server.port)", &hints, &list)
        guard code == 0, let first = list else {
            throw unreachable(server, String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(list) }
        var reason = "no address"
        for address in sequence(first: first, next: { $0.pointee.ai_next }) {
            let kind = address.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue)
            let descriptor = socket(address.pointee.ai_family, kind, 0)
            guard descriptor >= 0 else {
                reason = describe(errno)
                continue
            }
            // SO_SNDTIMEO bounds connect() as well.
            setTimeout(timeout, of: descriptor)
            if Glibc.connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 {
                return descriptor
            }
            reason = errno == EINPROGRESS ? "no answer within \(timeout)" : describe(errno)
            close(descriptor)
        }
        throw unreachable(server, reason)
    }

    private static func setTimeout(_ timeout: Duration, of descriptor: Int32) {
        var value = timeval(
            tv_sec: Int(timeout.components.seconds),
            tv_usec: Int(timeout.microseconds % 1_000_000)
        )
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &value, size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &value, size)
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                return Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.unreachable(server, Self.describe(errno)) }
            sent += count
        }
    }

    /// The next bytes, at most `count`; empty at the end of the stream.
    func receive(atMost count: Int = 65_536) throws -> [UInt8] {
        while true {
            var got = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
                got = recv(descriptor, buffer.baseAddress, count, 0)
                used = max(0, got)
            }
            if got >= 0 { return bytes }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                throw SluiceError(.timedOut, "the server at \(server) did not answer in time", isRetriable: true)
            default: throw Self.unreachable(server, Self.describe(errno))
            }
        }
    }

    private static func describe(_ code: Int32) -> String {
        String(cString: strerror(code)).lowercased()
    }

    private static func unreachable(_ server: ServerAddress, _ reason: String) -> SluiceError {
        SluiceError(.unreachable, "no server answers at \(server): \(reason)", isRetriable: true)
    }
}
