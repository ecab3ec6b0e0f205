import Foundation
import Model
import Testing
import Wire

@Suite struct EndpointTests {
    /// A directory of its own for a test, removed after it.
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("sl-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: url) }
        try body(url.path)
    }

    private func mode(_ path: String) throws -> Int? {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue
    }

    @Test func `the runtime directory is for its user alone`() throws {
        try withDirectory { base in
            let path = try RuntimeDirectory.make(name: "a1", environment: ["XDG_RUNTIME_DIR": base])
            #expect(path == "\(base)/sluice/a1")
            #expect(try mode(path) == 0o700)
            #expect(try mode("\(base)/sluice") == 0o700)
            let again = try RuntimeDirectory.make(name: "a1", environment: ["XDG_RUNTIME_DIR": base])
            #expect(again == path)
        }
    }

    @Test func `without a runtime directory of the user the temporary one is taken`() throws {
        try withDirectory { base in
            let path = try RuntimeDirectory.make(name: "a1", environment: ["TMPDIR": base + "/"])
            #expect(path == "\(base)/sluice-\(getuid())/a1")
            #expect(try mode(path) == 0o700)
        }
    }

    @Test func `a link that somebody put in its place is refused`() throws {
        try withDirectory { base in
            try FileManager.default.createSymbolicLink(
                atPath: "\(base)/sluice",
                withDestinationPath: "/tmp"
            )
            let error = #expect(throws: SluiceError.self) {
                try RuntimeDirectory.make(name: "a1", environment: ["XDG_RUNTIME_DIR": base])
            }
            #expect(error?.code == .denied)
            #expect(error?.message.contains("\(base)/sluice") == true)
        }
    }

    @Test func `a directory open to others is closed`() throws {
        try withDirectory { base in
            try FileManager.default.createDirectory(
                atPath: "\(base)/sluice",
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o777]
            )
            _ = try RuntimeDirectory.make(name: "a1", environment: ["XDG_RUNTIME_DIR": base])
            #expect(try mode("\(base)/sluice") == 0o700)
        }
    }

    @Test func `sockets lie in the directory`() throws {
        let endpoints = try Endpoints.local(in: "/run/user/1000/sluice/a1")
        #expect(endpoints.work == "ipc:///run/user/1000/sluice/a1/work")
        #expect(endpoints.fleet == "ipc:///run/user/1000/sluice/a1/fleet")
        #expect(endpoints.control == "ipc:///run/user/1000/sluice/a1/control")
    }

    @Test func `a socket path of 107 bytes is taken and one of 108 is not`() throws {
        let longest = "/" + String(repeating: "d", count: 107 - 1 - "/control".count)
        #expect(try Endpoints.local(in: longest).control.utf8.count == 107 + "ipc://".count)
        let error = #expect(throws: SluiceError.self) { try Endpoints.local(in: longest + "d") }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains("has 108 bytes, the system allows 107") == true)
    }

    @Test(arguments: [
        "ipc:///run/x/work", "tcp://127.0.0.1:0", "tcp://127.1.2.3:5555", "tcp://[::1]:5555",
        "tcp://localhost:5555",
    ])
    func `an endpoint on this host may be bound`(endpoint: String) throws {
        try Endpoints.requireLocal(endpoint)
    }

    @Test(arguments: [
        "tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://eth0:5555", "tcp://10.0.0.7:5555",
        "tcp://127.0.0.1.example.com:5555", "tcp://[::]:5555", "tcp://127.0.0.1", "udp://127.0.0.1:1",
        "",
    ])
    func `an endpoint that others can reach may not be bound`(endpoint: String) throws {
        let error = #expect(throws: SluiceError.self) { try Endpoints.requireLocal(endpoint) }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("endpoint \(endpoint) would") == true)
    }
}
