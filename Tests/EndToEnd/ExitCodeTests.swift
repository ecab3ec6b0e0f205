import Drivers
import Foundation
import Model
import TestSupport
import Testing

/// 0 fine, 1 failed, 2 usage, 3 cancelled, 4 held (`HeldTests`).
@MainActor @Suite(.serialized) struct ExitCodeTests {
    @Test(
        arguments: [
            (["cancel"], "name one run, or --all"),
            (["cancel", "1", "--force", "--deadline", "5s"], "--deadline is of a graceful cancel; --force has none"),
            (["cancel", "1", "--deadline", "soon"], "--deadline is \"soon\"; expected"),
            (["records", "1", "--verdict", "gone"], "gone"),
            (["records", "1", "--limit", "0"], "--limit is 0; allowed: 1 or more"),
            (["serve", "--port", "99999"], "--port is 99999; allowed: 0 to 65535"),
            (["run", "--slots", "0"], "--slots is 0; allowed: 1 to 256"),
            (["run", "--patience", "soon"], "--patience is \"soon\"; expected"),
            (["freeze", "--reason", "no"], "--reason needs the connection that is to be frozen"),
            (["stop", "1"], "stop"),
        ]
    )
    func `what cannot be understood leaves with 2 and says why`(arguments: [String], reason: String) throws {
        let command = try Terminal(arguments)
        #expect(try command.exitStatus() == 2)
        #expect(command.text.contains(reason), "\(command.text)")
    }

    @Test func `watch and sync leave with the code of the run's state`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        #expect(try crossing.command("sync", "contacts", "--follow").exitStatus() == 0)
        #expect(try crossing.command("watch", "1").exitStatus() == 0)

        try crossing.reset()
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        let second = try crossing.command("sync", "contacts")
        #expect(try second.exitStatus() == 1)
        #expect(
            second.text
                == "sluice: job \"contacts\" is in run 2, which is running; one run per job at a time\n"
        )
        let watch = try crossing.command("watch", "2", "--output", "json")
        _ = watch.read(until: "\"state\":\"running\"")
        #expect(try server.cancel(run, .force).accepted)
        #expect(try watch.exitStatus() == 3)
        try other.execute("ROLLBACK")

        try crossing.destination.run("DROP TABLE people")
        let failed = try crossing.command("sync", "contacts", "--follow")
        #expect(try failed.exitStatus() == 1)
        #expect(failed.text.contains("table \"people\" not found"), "\(failed.text)")
        for command in [["show", "9"], ["cancel", "9"], ["watch", "9"], ["records", "9"]] {
            let missing = try Terminal(command + ["--store", server.store])
            #expect(try missing.exitStatus() == 1)
            #expect(missing.text == "sluice: run 9 not found\n")
        }
    }
}
