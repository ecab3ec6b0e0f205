import Client
import Drivers
import Foundation
import Model
import TestSupport
import Testing

/// Who can ask a server, and what is said where there is none.
@MainActor @Suite(.serialized) struct AccessTests {
    @Test func `a server asks for the token that only its owner can read`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        let path = "\(server.store).lock"
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        let lock = try LockFile(store: server.store)
        #expect(lock.token.count == 64)
        let stranger = Client(server: server.client.server, token: nil)
        let error = #expect(throws: SluiceError.self) { try stranger.jobs() }
        #expect(error?.code == .denied)

        let elsewhere = ["--store", "\(crossing.folder)/other.db", "--server", lock.address]
        let refused = try Terminal(["jobs"] + elsewhere)
        #expect(try refused.exitStatus() == 1)
        #expect(
            refused.text
                == "sluice: the request has no token of this server, or a wrong one; it stands in the lock file beside the "
                + "server's store, where commands find it by --store, or is given to them as SLUICE_TOKEN\n"
        )
        let given = try Terminal(["jobs"] + elsewhere, environment: ["SLUICE_TOKEN": lock.token])
        #expect(try given.exitStatus() == 0, "\(given.text)")
        let found = try crossing.command("jobs", "--server", lock.address)
        #expect(try found.exitStatus() == 0, "\(found.text)")
    }

    @Test func `serve prints nothing secret`() throws {
        let crossing = try Crossing()
        let store = "\(crossing.folder)/sluice.db"
        let command = try crossing.command("serve", "--port", "0", "--config", "\(crossing.folder)/sluice.yaml")
        #expect(command.read(until: "Ctrl-C stops").contains("listening on http://127.0.0.1:"))
        let lock = try LockFile(store: store)
        let second = try crossing.command("serve", "--port", "0")
        #expect(try second.exitStatus() == 1)
        try command.interrupt()
        #expect(try command.exitStatus() == 0)
        #expect(!command.text.contains(lock.token))
        #expect(!second.text.contains(lock.token))
    }

    @Test func `of a run whose server is gone the commands say what to start`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        try server.kill()
        let start =
            "\"sluice serve --store \(server.store)\" starts one, which takes up what was going on, with --hold as held"
        let cancel = try crossing.command("cancel", "1", "--force")
        #expect(try cancel.exitStatus() == 1)
        #expect(
            cancel.text
                == "sluice: no server is running on store \(server.store); \(start). If it is elsewhere, say where with "
                + "--server or --store\n"
        )
        for words in [["show", "1"], ["runs"], ["records", "1"]] {
            let command = try Terminal(words + ["--store", server.store])
            #expect(try command.exitStatus() == 0)
            #expect(
                command.text.hasPrefix(
                    "sluice: no server is running on store \(server.store), so run 1 stands still; \(start)\n"
                ),
                "\(command.text)"
            )
        }
        try other.execute("ROLLBACK")
        try server.restart()
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .completed)
        try crossing.judge(ended, on: server)
    }
}
