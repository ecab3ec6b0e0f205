import Client
import Drivers
import Foundation
import Model
import TestSupport
import Testing

/// Runs whose coordinator was killed: what is shown of them, and who decides how they go on.
@MainActor @Suite(.serialized) struct TakingUpTests {
    /// 100 contacts are written, the 50 after them were being written; another version of the job is in the configuration.
    private func interrupt(_ crossing: Crossing) throws -> (server: SluiceServer, run: RunView) {
        let server = try crossing.serve()
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        try server.kill()
        try other.execute("ROLLBACK")
        return (server, run)
    }

    private func correct(_ crossing: Crossing) throws {
        let right = crossing.configuration.replacing(
            "destination: people, key: [id] }",
            with: "destination: people, key: [id], map: { email: { from: email, case: lower } } }"
        )
        try right.write(toFile: "\(crossing.folder)/sluice.yaml", atomically: true, encoding: .utf8)
    }

    private static let outdated =
        "run 1 is of version 1 of the job, which is now version 2: release it to go on with version 1, or cancel it"

    @Test func `without a server a run has the counts of its journal, no workers, and the way on`() throws {
        let crossing = try Crossing()
        _ = try interrupt(crossing)
        let json = try crossing.command("show", "1", "--output", "json")
        #expect(try json.exitStatus() == 0)
        let text = json.text.drop { $0 != "{" }
        let run = try APICoding.decoder().decode(RunView.self, from: Data(text.utf8))
        #expect(run.counts.applied == 100)
        #expect(run.counts.updated == 50)
        #expect(run.counts.indeterminate == 50)
        #expect(run.counts.planned == Crossing.records)
        #expect(run.isUnattended)
        #expect(!run.workers.contains { $0.diedAt == nil })
        let show = try crossing.command("show", "1")
        #expect(try show.exitStatus() == 0)
        #expect(show.text.contains("run 1 contacts: running, 20%, 100 of 500, 50 in flight"), "\(show.text)")
        for next in ["sluice records 1", "sluice serve --store", "sluice serve --hold --store"] {
            #expect(show.text.contains(next), "\(show.text)")
        }
        #expect(!show.text.contains("sluice watch"), "\(show.text)")
        #expect(!show.text.contains("dying"), "\(show.text)")
        let runs = try crossing.command("runs")
        #expect(try runs.exitStatus() == 0)
        #expect(runs.text.contains(" 100 "), "\(runs.text)")
    }

    @Test func `a run of another version of its job is taken up as held, and can be cancelled for the right one`()
        throws
    {
        let crossing = try Crossing()
        let (server, run) = try interrupt(crossing)
        try correct(crossing)
        let serve = try crossing.command("serve", "--port", "0", "--config", "\(crossing.folder)/sluice.yaml")
        let said = serve.read(until: "Ctrl-C stops")
        #expect(said.contains("job contacts: changed (version 2, was 1)"), "\(said)")
        #expect(said.contains("taken up: run 1 of contacts, held: \(Self.outdated)\n"), "\(said)")
        try serve.interrupt()
        #expect(try serve.exitStatus() == 0)

        try server.restart()
        #expect(try server.client.run("1").reason == Self.outdated)
        #expect(try crossing.written() == Set(1...100))
        #expect(try server.cancel(run, .graceful).accepted)
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .cancelled)
        try crossing.judge(ended, on: server)
        let second = try server.waitForEnd(of: server.start())
        #expect(second.jobVersion == 2)
        #expect(second.state == .completed)
        #expect(try crossing.written() == Set(1...Crossing.records))
    }

    @Test func `released, a run of another version goes on with its own to the end`() throws {
        let crossing = try Crossing()
        let (server, run) = try interrupt(crossing)
        try correct(crossing)
        try server.restart()
        let release = try crossing.command("release", "1")
        #expect(try release.exitStatus() == 0, "\(release.text)")
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .completed)
        #expect(ended.jobVersion == 1)
        try crossing.judge(ended, on: server)
    }

    @Test func `a run of the same version goes on, and serve says so`() throws {
        let crossing = try Crossing()
        let (_, run) = try interrupt(crossing)
        let serve = try crossing.command("serve", "--port", "0", "--config", "\(crossing.folder)/sluice.yaml")
        #expect(serve.read(until: "Ctrl-C stops").contains("taken up: run 1 of contacts, running\n"), "\(serve.text)")
        let watch = try crossing.command("watch", "\(run.number)")
        #expect(try watch.exitStatus() == 0, "\(watch.text)")
        #expect(try crossing.judge(run: 1).state == .completed)
        try serve.interrupt()
        #expect(try serve.exitStatus() == 0)
    }

    /// A server that holds what it took up.
    private func hold(_ crossing: Crossing) throws -> Terminal {
        let serve = try crossing.command("serve", "--port", "0", "--hold")
        let said = serve.read(until: "Ctrl-C stops")
        let held = "taken up: run 1 of contacts, held: run 1 was interrupted: release it to go on, or cancel it\n"
        #expect(said.contains(held), "\(said)")
        return serve
    }

    @Test func `with --hold an interrupted run is cancelled before anything more is written`() throws {
        let crossing = try Crossing()
        _ = try interrupt(crossing)
        let serve = try hold(crossing)
        let cancel = try crossing.command("cancel", "1", "--force")
        #expect(cancel.read().contains("Run 1 of contacts: cancelled (force)"), "\(cancel.text)")
        #expect(try crossing.written() == Set(1...100))
        #expect(try crossing.judge(run: 1).state == .cancelled)
        try serve.interrupt()
        #expect(try serve.exitStatus() == 0)
    }

    @Test func `with --hold a connection is frozen first, and only the release lets the run go on`() throws {
        let crossing = try Crossing()
        _ = try interrupt(crossing)
        let serve = try hold(crossing)
        #expect(try crossing.command("freeze", "crm").exitStatus() == 0)
        let refused = try crossing.command("release", "1")
        #expect(try refused.exitStatus() == 1)
        #expect(refused.text.contains("is frozen by"), "\(refused.text)")
        #expect(try crossing.command("unfreeze", "crm").exitStatus() == 0)
        #expect(try crossing.command("watch", "1").exitStatus() == 4)
        #expect(try crossing.written() == Set(1...100))
        #expect(try crossing.command("release", "1").exitStatus() == 0)
        #expect(try crossing.command("watch", "1").exitStatus() == 0)
        #expect(try crossing.judge(run: 1).state == .completed)
        try serve.interrupt()
        #expect(try serve.exitStatus() == 0)
    }

    @Test func `run does not go on with an interrupted run of another version, until the job is as it was`() throws {
        let crossing = try Crossing()
        _ = try interrupt(crossing)
        try correct(crossing)
        let arguments = ["run", "contacts", "--config", "\(crossing.folder)/sluice.yaml"]
        func run() throws -> Terminal { try Terminal(arguments + ["--store", "\(crossing.folder)/sluice.db"]) }
        for _ in 1...2 {
            let refused = try run()
            #expect(try refused.exitStatus() == 4, "\(refused.text)")
            #expect(refused.text.contains("sluice: \(Self.outdated)\n"), "\(refused.text)")
            #expect(refused.text.contains("nothing was started; \"sluice serve --hold --store"), "\(refused.text)")
        }
        #expect(try crossing.written() == Set(1...100))
        let show = try crossing.command("show", "1")
        #expect(try show.exitStatus() == 0)
        #expect(show.text.contains("Run 1 of contacts: held"), "\(show.text)")
        try crossing.configuration.write(toFile: "\(crossing.folder)/sluice.yaml", atomically: true, encoding: .utf8)
        let restored = try run()
        #expect(try restored.exitStatus() == 0, "\(restored.text)")
        #expect(try crossing.judge(run: 1).state == .completed)
    }

    @Test func `run leaves alone what serve --hold has held`() throws {
        let crossing = try Crossing()
        _ = try interrupt(crossing)
        let serve = try hold(crossing)
        try serve.interrupt()
        #expect(try serve.exitStatus() == 0)
        let refused = try crossing.command("run", "contacts", "--config", "\(crossing.folder)/sluice.yaml")
        #expect(try refused.exitStatus() == 4, "\(refused.text)")
        #expect(refused.text.contains("run 1 was interrupted: release it to go on, or cancel it"), "\(refused.text)")
        #expect(try crossing.written() == Set(1...100))
    }

    @Test func `a run that was queued when its job was corrected does not begin by itself`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        _ = try server.client.freeze(connection: "crm", actor: "ada", reason: nil)
        #expect(try server.start().state == .queued)
        try server.kill()
        try correct(crossing)
        try server.restart()
        #expect(try server.client.run("1").reason == Self.outdated)
        _ = try server.client.unfreeze(connection: "crm", actor: "ada")
        #expect(try server.client.run("1").state == .held)
        let cancel = try crossing.command("cancel", "1")
        #expect(cancel.read().contains("cancelled"), "\(cancel.text)")
        #expect(try crossing.written().isEmpty)
    }
}
