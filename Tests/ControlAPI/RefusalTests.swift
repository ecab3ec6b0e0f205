import Client
import ControlAPI
import Glibc
import Model
import Synchronization
import Testing

@Suite struct RefusalTests {
    private func body(_ code: String, _ message: String, retriable: Bool = false) -> String {
        "{\"error\":{\"code\":\"\(code)\",\"message\":\"\(message)\",\"retriable\":\(retriable)}}"
    }

    @Test(
        arguments: [
            (ErrorCode.unreachable, 502), (.denied, 403), (.notFound, 404), (.conflict, 409), (.invalid, 400),
            (.unsupported, 422), (.timedOut, 504), (.exhausted, 503), (.store, 503), (.internal, 500),
        ]
    )
    func `an error of the service reaches the client whole, with a fitting status`(
        code: ErrorCode,
        status: Int
    ) async throws {
        let service = FakeService()
        let error = SluiceError(code, "run 7 is \"going on\"", isRetriable: true)
        service.memory.withLock { $0.failure = error }
        try await served(service) { (client: Client) throws in
            #expect(throws: error) { try client.jobs() }
            let answer = try raw(
                client.server,
                "GET /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            )
            #expect(parts(answer).status == status)
        }
    }

    /// What comes back for a request with these header lines.
    private func answer(_ request: String, _ headers: String...) async throws -> (status: Int, body: String) {
        let lines = ([request + " HTTP/1.1"] + headers + ["Connection: close", "", ""]).joined(separator: "\r\n")
        return parts(try await served(FakeService()) { try raw($0.server, lines) })
    }

    @Test(arguments: [nil, "", "b1e", "b1e8", "b1e7b1e7"])
    func `a request without the token is refused, whatever it asks`(token: String?) async throws {
        let service = FakeService()
        try await served(service) { (client: Client) throws in
            for request in ["GET /api/v1", "GET /api/v1/jobs", "POST /api/v1/runs/7/cancel", "GET /api/v1/nowhere"] {
                let head = "\(request) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                let answer = try raw(client.server, head, token: token)
                #expect(parts(answer).status == 401)
                #expect(answer.lowercased().contains("www-authenticate: bearer"))
                #expect(parts(answer).body.contains("the request has no token of this server, or a wrong one"))
            }
            let stranger = Client(server: client.server, token: token)
            let error = #expect(throws: SluiceError.self) { try stranger.jobs() }
            #expect(error?.code == .denied)
        }
        #expect(service.asked.isEmpty)
    }

    @Test func `a request of a web page is refused`() async throws {
        let service = FakeService()
        try await served(service) { (client: Client) throws in
            let head =
                "POST /api/v1/runs/7/cancel HTTP/1.1\r\nHost: \(client.server.authority)\r\nConnection: close\r\n"
            let answer = try raw(client.server, head + "Origin: http://evil.example\r\nContent-Length: 0\r\n\r\n")
            #expect(parts(answer).status == 403)
            #expect(
                parts(answer).body
                    == self.body(
                        "denied",
                        "requests of web pages are refused; this one came from http://evil.example"
                    )
            )
        }
        #expect(service.asked.isEmpty)
    }

    @Test func `a request that a browser marks as foreign is refused`() async throws {
        let answer = try await answer("GET /api/v1/jobs", "Host: localhost", "Sec-Fetch-Site: cross-site")
        #expect(answer.status == 403)
        #expect(answer.body == body("denied", "requests of web pages are refused (Sec-Fetch-Site: cross-site)"))
    }

    @Test(arguments: ["evil.example", "127.0.0.1.evil.example", "[::2]:80", "10.0.0.1", "localhost.evil.example:7584"])
    func `a name that is not this machine is refused`(host: String) async throws {
        let answer = try await answer("GET /api/v1/jobs", "Host: \(host)")
        #expect(answer.status == 403)
        let names = "allowed: 127.0.0.1, localhost and [::1]"
        #expect(answer.body == body("denied", "Host \\\"\(host)\\\" is not this machine; \(names)"))
    }

    @Test(arguments: ["127.0.0.1:7584", "LOCALHOST", "[::1]:7584"])
    func `the names of this machine are answered`(host: String) async throws {
        #expect(try await answer("GET /api/v1/jobs", "Host: \(host)").status == 200)
    }

    @Test func `an unknown route is answered in JSON`() async throws {
        let answer = try await answer("DELETE /api/v1/jobs/contacts", "Host: localhost")
        #expect(answer.status == 404)
        #expect(answer.body == body("not_found", "there is no route DELETE /api/v1/jobs/contacts"))
    }

    @Test func `a body that is too large is refused before it is read whole`() async throws {
        let text = String(repeating: "x", count: 3 << 20)
        try await served(FakeService()) { (client: Client) throws in
            let answer = try raw(
                client.server,
                "POST /api/v1/apply HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: \(text.utf8.count)\r\n\r\n"
                    + text
            )
            #expect(parts(answer).status == 413)
            #expect(
                parts(answer).body
                    == self.body("invalid", "the body is larger than allowed: at most 2097152 bytes")
            )
        }
    }

    @Test func `a body that is not what is expected is described`() async throws {
        try await served(FakeService()) { (client: Client) throws in
            let head = "HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            let missing = try raw(
                client.server,
                "POST /api/v1/apply \(head)Content-Length: 18\r\n\r\n{\"connections\":[]}"
            )
            #expect(
                parts(missing).body == self.body("invalid", "the body is not what is expected: .jobs is missing")
            )
            let wrong = try raw(
                client.server,
                "POST /api/v1/runs/7/cancel \(head)Content-Length: 15\r\n\r\n{\"mode\":\"nuke\"}"
            )
            #expect(parts(wrong).status == 400)
            #expect(parts(wrong).body.contains("the body is not what is expected: .mode "))
        }
    }

    @Test func `a query parameter is checked`() async throws {
        let unknown = try await answer("GET /api/v1/runs?activ=true", "Host: localhost")
        #expect(
            unknown.body == body("invalid", "unknown query parameter \\\"activ\\\"; allowed: active, job, limit")
        )
        let limit = try await answer("GET /api/v1/runs?limit=0", "Host: localhost")
        #expect(
            limit.body == body("invalid", "limit is \\\"0\\\"; allowed: a whole number from 1 to 1000")
        )
        let verdict = try await answer("GET /api/v1/runs/7/records?verdict=gone", "Host: localhost")
        #expect(verdict.status == 400)
        #expect(verdict.body.contains("verdict is \\\"gone\\\"; allowed: applied, unchanged, rejected, not_applied,"))
        let format = try await answer("GET /api/v1/runs/7/records?format=xml", "Host: localhost")
        #expect(format.body == body("invalid", "format is \\\"xml\\\"; allowed: json, csv, jsonl"))
    }

    @Test func `an address that others can reach is refused`() async throws {
        let expected = SluiceError(
            .invalid,
            "the API cannot listen on 0.0.0.0: it is not encrypted, so only loopback addresses are allowed "
                + "(127.0.0.1, ::1, localhost)"
        )
        await #expect(throws: expected) {
            try await serveAPI(service: FakeService(), host: "0.0.0.0", port: 0, token: theToken) { _ in }
        }
    }

    @Test func `a port in use is named`() async throws {
        let (descriptor, port) = try listening()
        defer { close(descriptor) }
        let expected = SluiceError(
            .conflict,
            "port \(port) on 127.0.0.1 is in use by another process; choose another with --port, or --port 0 for any "
                + "free one"
        )
        await #expect(throws: expected) {
            try await serveAPI(service: FakeService(), port: port, token: theToken) { _ in }
        }
    }

    @Test func `a server that is not there is named`() throws {
        let client = Client(server: try ServerAddress("http://127.0.0.1:1"), token: nil)
        #expect(!client.isAlive())
        let expected = SluiceError(
            .unreachable,
            "no server answers at http://127.0.0.1:1: connection refused",
            isRetriable: true
        )
        #expect(throws: expected) { try client.jobs() }
    }

    @Test(arguments: ["https://127.0.0.1", "ftp://x", "http://x/y", "http://x:99999", ""])
    func `an address that is none is refused`(text: String) {
        #expect(throws: SluiceError.self) { try ServerAddress(text) }
    }
}
