import Model

/// Reads the answer to one HTTP/1.1 request: the head, then the body in pieces as they come.
struct HTTPAnswer: ~Copyable {
    private let connection: HTTPConnection
    private var buffer: [UInt8] = []
    private var start = 0

    private(set) var status = 0
    /// Names in lower case.
    private(set) var headers: [String: String] = [:]

    private static let headBytesMax = 65_536

    init(on connection: consuming HTTPConnection) throws {
        self.connection = connection
        try readHead()
    }

    private mutating func readHead() throws {
        let first = try line().split(separator: " ", maxSplits: 2)
        guard first.count >= 2, first[0].hasPrefix("HTTP/1."), let code = Int(first[1]) else {
            throw broken("it does not speak HTTP")
        }
        status = code
        var total = 0
        while true {
            let line = try line()
            if line.isEmpty { return }
            total += line.utf8.count
            guard total < Self.headBytesMax, let colon = line.firstIndex(of: ":") else {
                throw broken("its answer has a bad header")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers[line[..<colon].lowercased()] = String(value)
        }
    }

    /// Gives the body to `sink`, piece by piece.
    ///
    /// - Throws: `unreachable` when it breaks off before its end; what `sink` throws.
    mutating func body(into sink: ([UInt8]) throws -> Void) throws {
        if headers["transfer-encoding"]?.lowercased() == "chunked" {
            while true {
                let size = try line().prefix { $0 != ";" }
                guard let count = Int(size, radix: 16), count >= 0 else { throw broken("it sent a bad chunk") }
                if count == 0 { break }
                try take(count, into: sink)
                _ = try line()
            }
        } else if let text = headers["content-length"] {
            guard let count = Int(text), count >= 0 else { throw broken("it sent a bad length") }
            try take(count, into: sink)
        } else {
            while try more() {
                try sink(Array(buffer[start...]))
                start = buffer.count
            }
        }
    }

    private mutating func take(_ count: Int, into sink: ([UInt8]) throws -> Void) throws {
        var left = count
        while left > 0 {
            if start == buffer.count, try !more() { throw broken("it broke off its answer") }
            let end = min(buffer.count, start + left)
            try sink(Array(buffer[start..<end]))
            left -= end - start
            start = end
        }
    }

    private mutating func line() throws -> String {
        while true {
            if let end = buffer[start...].firstIndex(of: 0x0A) {
                var bytes = buffer[start..<end]
                if bytes.last == 0x0D { bytes.removeLast() }
                start = end + 1
                return String(decoding: bytes, as: UTF8.self)
            }
            guard buffer.count - start < Self.headBytesMax else { throw broken("its answer has a line without end") }
            guard try more() else { throw broken("it broke off its answer") }
        }
    }

    /// Receives more bytes; false at the end of the stream.
    private mutating func more() throws -> Bool {
        let bytes = try connection.receive()
        buffer.removeSubrange(..<start)
        start = 0
        buffer += bytes
        return !bytes.isEmpty
    }

    private func broken(_ what: String) -> SluiceError {
        SluiceError(.unreachable, "the server went wrong: \(what)", isRetriable: true)
    }
}
