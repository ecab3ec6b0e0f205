import CPostgres
import Glibc

/// A libpq connection: blocking, for one thread.
///
/// Errors are `PostgresError`. After one with `isConnectionLost` only `close` is of use. If the process is killed, the
/// server may still carry out what it was sent: whoever needs to know must fence first.
public final class PostgresConnection {
    /// Longest wait for a connection when the string says nothing.
    public static let connectTimeoutSeconds = 10

    public let endpoint: PostgresEndpoint
    var handle: OpaquePointer?
    /// Set when the server says, unasked, that it ends the session: its FATAL comes before the end of the stream.
    private let farewell = UnsafeMutablePointer<Bool>.allocate(capacity: 1)

    /// Connects.
    ///
    /// - Parameters:
    ///   - url: a libpq URI or keyword string.
    ///   - settings: libpq keywords that win over those of `url`.
    public init(url: String, settings: [String: String] = [:]) throws {
        endpoint = try PostgresEndpoint(url)
        farewell.initialize(to: false)
        var keywords = ["dbname", "client_encoding", "tcp_user_timeout"]
        var values = [url, "UTF8", "10000"]
        for (key, value) in settings {
            keywords.append(key)
            values.append(value)
        }
        handle = Self.start(keywords: keywords, values: values)
        guard let handle else { throw PostgresError(message: "out of memory") }
        do {
            try connect(handle, seconds: endpoint.connectTimeoutSeconds ?? Self.connectTimeoutSeconds)
        } catch {
            close()
            throw error
        }
    }

    deinit {
        close()
        farewell.deallocate()
    }

    /// PostgreSQL's version: 150018 for 15.18.
    public var serverVersion: Int { handle.map { Int(PQserverVersion($0)) } ?? 0 }

    /// The server process that was announced when connecting; behind a pooler it is a number of the pooler's own.
    public var announcedProcess: Int32 { handle.map { PQbackendPID($0) } ?? 0 }

    /// Whether libpq still thinks that it is connected; a broken network shows only on use.
    public var isOpen: Bool { handle.map { PQstatus($0) == CONNECTION_OK } ?? false }

    /// The socket, -1 when closed.
    public var descriptor: CInt { handle.map { PQsocket($0) } ?? -1 }

    /// Whether a transaction is open, failed ones included.
    public var isInTransaction: Bool {
        guard let handle else { return false }
        let status = PQtransactionStatus(handle)
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
    }

    /// Takes in what the server has said unasked, without waiting; false: it has ended the session.
    public func isAlive() -> Bool {
        while isOpen, let handle {
            var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 0) > 0 else { return true }
            guard PQconsumeInput(handle) == 1 else { return false }
            // Parses what was taken in: a farewell comes as a notice, and the end of the stream behind it.
            _ = PQisBusy(handle)
            guard !farewell.pointee else { return false }
        }
        return false
    }

    /// Ends the connection; the server rolls back what is open. Idempotent.
    public func close() {
        if let handle { PQfinish(handle) }
        handle = nil
    }

    private static func start(keywords: [String], values: [String]) -> OpaquePointer? {
        let keys = keywords.map { strdup($0) }
        let texts = values.map { strdup($0) }
        defer { for pointer in keys + texts { free(pointer) } }
        let keyPointers = keys.map { UnsafePointer($0) } + [nil]
        let textPointers = texts.map { UnsafePointer($0) } + [nil]
        return PQconnectStartParams(keyPointers, textPointers, 1)
    }

    private func connect(_ handle: OpaquePointer, seconds: Int) throws {
        // Verbose while connecting: only so does a refusal carry its SQLSTATE.
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        let hear: PQnoticeReceiver = { farewell, notice in
            // 'V', the severity in English, for which the importer has no name: postgres_ext.h.
            let severity = PQresultErrorField(notice, Int32(UInt8(ascii: "V"))).map { String(cString: $0) }
            if severity == "FATAL" || severity == "PANIC" {
                farewell?.assumingMemoryBound(to: Bool.self).pointee = true
            }
        }
        PQsetNoticeReceiver(handle, hear, farewell)
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        deadline.tv_sec += seconds <= 0 ? 3600 : seconds
        var wanted = PGRES_POLLING_WRITING
        guard PQstatus(handle) != CONNECTION_BAD else { throw lastError(handle) }
        while wanted != PGRES_POLLING_OK {
            guard wanted != PGRES_POLLING_FAILED else { throw lastError(handle) }
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            let left = (deadline.tv_sec - now.tv_sec) * 1000 + (deadline.tv_nsec - now.tv_nsec) / 1_000_000
            let events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT
            var descriptor = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
            let ready = left > 0 ? poll(&descriptor, 1, Int32(left)) : 0
            guard ready != 0 else {
                throw PostgresError(
                    message: "no answer within \(seconds) s",
                    isConnectionLost: true
                )
            }
            wanted = PQconnectPoll(handle)
        }
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        _ = fcntl(PQsocket(handle), F_SETFD, FD_CLOEXEC)
    }

    func lastError(_ handle: OpaquePointer) -> PostgresError {
        PostgresError(connectionMessage: String(cString: PQerrorMessage(handle)))
    }

    func openHandle() throws -> OpaquePointer {
        guard let handle else {
            throw PostgresError(message: "the connection is closed", isConnectionLost: true)
        }
        return handle
    }
}
