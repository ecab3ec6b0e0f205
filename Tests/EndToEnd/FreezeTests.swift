import Client
import Drivers
import Foundation
import Model
import TestSupport
import Testing

/// Runs at a frozen connection say what they wait for, with and without a server.
@MainActor @Suite(.serialized) struct FreezeTests {
    private static let frozen = "connection \"crm\" is frozen by ada: it burns; \"sluice unfreeze crm\" lets it go on"

    private func run(_ crossing: Crossing) throws -> Terminal {
        try crossing.command("run", "contacts", "--config", "\(crossing.folder)/sluice.yaml")
    }

    @Test func `a run that is queued for a freeze says so everywhere, also after a restart`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        let nothing = try crossing.command("freeze")
        #expect(try nothing.exitStatus() == 0)
        #expect(nothing.text == "no connection is frozen\n")
        _ = try server.client.freeze(connection: "crm", actor: "ada", reason: "it burns")
        let sync = try crossing.command("sync", "contacts")
        #expect(try sync.exitStatus() == 0)
        #expect(sync.text == "run 1 of contacts is queued: \(Self.frozen); \"sluice watch 1\" follows it\n")
        for isAgain in [false, true] {
            if isAgain {
                try server.kill()
                try server.restart()
            }
            let show = try crossing.command("show", "1")
            #expect(try show.exitStatus() == 0)
            #expect(show.text.contains("run 1 contacts: queued, waiting: \(Self.frozen)\n"), "\(show.text)")
            let logs = try crossing.command("logs", "1")
            #expect(try logs.exitStatus() == 0)
            #expect(logs.text.contains("WARNING waits: \(Self.frozen)\n"), "\(logs.text)")
        }
        let check = try crossing.command("check", "crm")
        #expect(try check.exitStatus() == 0)
        #expect(check.text.contains(Self.frozen), "\(check.text)")
        let list = try crossing.command("freeze")
        #expect(try list.exitStatus() == 0)
        #expect(list.text.contains("crm") && list.text.contains("it burns"), "\(list.text)")
        _ = try server.client.unfreeze(connection: "crm", actor: "ada")
        let ended = try server.waitForEnd(of: server.client.run("1"))
        #expect(ended.state == .completed)
        #expect(ended.blockedOn == nil)
        try crossing.judge(ended, on: server)
    }

    @Test func `a freeze holds what sluice run runs, and it goes on with the connection`() throws {
        let crossing = try Crossing()
        let other = try crossing.block()
        let command = try run(crossing)
        try crossing.waitUntilBlocked()
        let freeze = try crossing.command("freeze", "crm", "--reason", "it burns")
        #expect(try freeze.exitStatus() == 0, "\(freeze.text)")
        try other.execute("ROLLBACK")
        let said = command.read(until: "Ctrl-C cancels it")
        #expect(said.contains("run 1 is held: connection \"crm\" is frozen by"), "\(said)")
        #expect(try crossing.command("unfreeze", "crm").exitStatus() == 0)
        #expect(try command.exitStatus() == 0, "\(command.text)")
        #expect(try crossing.judge(run: 1).state == .completed)
    }

    @Test func `the next sluice run says what it waits for, and Ctrl-C cancels it`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        _ = try server.client.freeze(connection: "crm", actor: "ada", reason: "it burns")
        try server.kill()
        let command = try run(crossing)
        let said = command.read(until: "Ctrl-C cancels it")
        #expect(said.contains("run 1 is queued: \(Self.frozen)"), "\(said)")
        try command.interrupt()
        #expect(try command.exitStatus() == 3, "\(command.text)")
        #expect(try crossing.written().isEmpty)
    }
}
