import Foundation
import Model

/// The API of a running `sluice serve` or `sluice run`, call by call. Calls block; they may be made from any thread.
///
/// Every call throws the `SluiceError` that the server answered, `unreachable` when there is no server, and `timed_out` when it
/// does not answer.
public struct Client: Sendable {
    public let server: ServerAddress
    private let token: String?

    /// Of an ordinary call.
    private static let patience = Duration.seconds(30)
    /// Of a call that waits for other systems.
    private static let longPatience = Duration.seconds(150)

    /// - Parameter token: what the server asks for; it stands in the lock file of its store.
    public init(server: ServerAddress, token: String?) {
        self.server = server
        self.token = token
    }

    /// Whether a Sluice server answers.
    public func isAlive() -> Bool {
        struct About: Decodable {
            var product: String
        }
        let about: About? = try? get("")
        return about?.product == "sluice"
    }

    func get<Answer: Decodable>(
        _ path: String,
        _ query: [(String, String?)] = [],
        patience: Duration = patience
    ) throws -> Answer {
        try decode(try request("GET", path, query, body: nil, patience: patience))
    }

    func post<Answer: Decodable>(
        _ path: String,
        _ query: [(String, String?)] = [],
        _ body: some Encodable,
        isLong: Bool = false
    ) throws -> Answer {
        let bytes = [UInt8](try APICoding.encoder().encode(body))
        let patience = isLong ? Self.longPatience : Self.patience
        return try decode(try request("POST", path, query, body: bytes, patience: patience))
    }

    /// Gives the body of the answer to `sink` as it comes.
    func stream(
        _ path: String,
        _ query: [(String, String?)],
        into sink: ([UInt8]) throws -> Void
    ) throws {
        var answer = try send("GET", path, query, body: nil, patience: Self.longPatience)
        guard answer.status == 200 else { throw try error(of: &answer) }
        try answer.body(into: sink)
    }

    private func request(
        _ method: String,
        _ path: String,
        _ query: [(String, String?)],
        body: [UInt8]?,
        patience: Duration
    ) throws -> [UInt8] {
        var answer = try send(method, path, query, body: body, patience: patience)
        guard (200..<300).contains(answer.status) else { throw try error(of: &answer) }
        return try Self.collect(&answer)
    }

    private func send(
        _ method: String,
        _ path: String,
        _ query: [(String, String?)],
        body: [UInt8]?,
        patience: Duration
    ) throws -> HTTPAnswer {
        let pairs = query.compactMap { name, value in value.map { "\(name)=\(Self.escape($0))" } }
        let target = "/api/v1\(path)" + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
        var head = "\(method) \(target) HTTP/1.1\r\nHost: \(server.authority)\r\nConnection: close\r\n"
        if let token { head += "Authorization: Bearer \(token)\r\n" }
        if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n" }
        let connection = try HTTPConnection(to: server, timeout: patience)
        try connection.send(Array((head + "\r\n").utf8) + (body ?? []))
        return try HTTPAnswer(on: connection)
    }

    private static func collect(_ answer: inout HTTPAnswer) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try answer.body { bytes += $0 }
        return bytes
    }

    private func error(of answer: inout HTTPAnswer) throws -> SluiceError {
        struct Body: Decodable {
            struct Content: Decodable {
                var code: ErrorCode
                var message: String
                var retriable: Bool
            }
            var error: Content
        }
        let status = answer.status
        let bytes = try Self.collect(&answer)
        guard let body = try? APICoding.decoder().decode(Body.self, from: Data(bytes)) else {
            return SluiceError(.internal, "the server at \(server) answered with HTTP status \(status)")
        }
        return SluiceError(body.error.code, body.error.message, isRetriable: body.error.retriable)
    }

    private func decode<Answer: Decodable>(_ bytes: [UInt8]) throws -> Answer {
        do {
            return try APICoding.decoder().decode(Answer.self, from: Data(bytes))
        } catch {
            throw SluiceError(.internal, "the server at \(server) gave an answer that is not understood: \(error)")
        }
    }

    /// Percent-encodes everything but the unreserved characters of RFC 3986.
    static func escape(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Character(UnicodeScalar(byte))
            if scalar.isASCII, scalar.isLetter || scalar.isNumber || "-._~".contains(scalar) { return String(scalar) }
            return (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
