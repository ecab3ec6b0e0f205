import Client
import ControlAPI
import Coordinator
import Glibc
import Model
import Testing

/// Runs `body` with a real server on a port of its own; the server has ended when this returns.
func served(_ service: FakeService, _ body: @escaping @Sendable (Client) async throws -> Void) async throws {
    let (addresses, continuation) = AsyncStream.makeStream(of: String.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { continuation.finish() }
            try await serveAPI(service: service, port: 0) { continuation.yield($0) }
        }
        for await address in addresses {
            let client = Client(server: try ServerAddress(address))
            do {
                try await body(client)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
            break
        }
        try await group.waitForAll()
    }
}

/// Sends `text` as it is and returns everything that comes back.
func raw(_ server: ServerAddress, _ text: String) throws -> String {
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
    let bytes = Array(text.utf8)
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

/// The status line's number and the body of an HTTP answer.
func parts(_ answer: String) -> (status: Int, body: String) {
    let status = Int(answer.split(separator: " ").dropFirst().first ?? "") ?? 0
    let body = answer.firstRange(of: "\r\n\r\n").map { String(answer[$0.upperBound...]) } ?? ""
    return (status, body)
}
