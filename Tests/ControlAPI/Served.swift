import Client
import ControlAPI
import Coordinator
import Foundation
import Glibc
import Model
import Testing

/// What the servers of these tests ask for.
let theToken = "b1e7"

/// Runs `body` with a real server on a port of its own; the server has ended when this returns.
///
/// The client blocks, so `body` has a thread of its own: the server needs those of the tasks.
func served<Value: Sendable>(
    _ service: FakeService,
    _ body: @escaping @Sendable (Client) throws -> Value
) async throws -> Value {
    let (addresses, continuation) = AsyncStream.makeStream(of: String.self)
    let server = Task {
        defer { continuation.finish() }
        try await serveAPI(service: service, port: 0, token: theToken) { continuation.yield($0) }
    }
    for await address in addresses {
        let outcome = await withCheckedContinuation { done in
            Thread.detachNewThread {
                done.resume(returning: Result { try body(Client(server: ServerAddress(address), token: theToken)) })
            }
        }
        server.cancel()
        try await server.value
        return try outcome.get()
    }
    try await server.value
    throw SluiceError(.internal, "the server ended before it was ready")
}

/// Sends `text` with the token in a header more, and returns everything that comes back.
func raw(_ server: ServerAddress, _ text: String, token: String? = theToken) throws -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = server.port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    try #require(connected == 0)
    let header = token.map { "\r\nAuthorization: Bearer \($0)\r\n" } ?? "\r\n"
    let line = try #require(text.firstRange(of: "\r\n"))
    let bytes = Array(text.replacingCharacters(in: line, with: header).utf8)
    try #require(send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
    var answer: [UInt8] = []
    while true {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count <= 0 { break }
        answer += buffer[..<count]
    }
    return String(decoding: answer, as: UTF8.self)
}

/// A socket that listens on a port of its own.
func listening() throws -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, size) == 0 && listen(descriptor, 1) == 0 && getsockname(descriptor, $0, &size) == 0
        }
    }
    try #require(isBound)
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
}

/// The status line's number and the body of an HTTP answer.
func parts(_ answer: String) -> (status: Int, body: String) {
    let status = Int(answer.split(separator: " ").dropFirst().first ?? "") ?? 0
    let body = answer.firstRange(of: "\r\n\r\n").map { String(answer[$0.upperBound...]) } ?? ""
    return (status, body)
}
