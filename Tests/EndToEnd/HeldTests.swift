import Client
import Foundation
import Model
import TestSupport
import Testing

/// A run that three workers have died of waits for a person.
@MainActor @Suite(.serialized) struct HeldTests {
    /// Starts the run and lets its workers die until it is held.
    private func hold(_ server: SluiceServer, _ killFile: String) throws -> RunView {
        func order() throws { try "before_intent:1".write(toFile: killFile, atomically: true, encoding: .utf8) }
        try order()
        let run = try server.start()
        // Whoever dies takes the order away.
        let held = try server.wait(for: run, "being held") { run in
            if run.state != .held, !FileManager.default.fileExists(atPath: killFile) { try? order() }
            return run.state == .held
        }
        try? FileManager.default.removeItem(atPath: killFile)
        #expect(
            held.reason == "3 workers died within 60 s, the last: signal 9; release or cancel the run"
        )
        return run
    }

    @Test func `a held run is shown by watch with its code, and once released it ends exact`() throws {
        let crossing = try Crossing()
        let killFile = "\(crossing.folder)/kill"
        let server = try crossing.serve(environment: ["SLUICE_TEST_KILL_FILE": killFile])
        let run = try hold(server, killFile)
        let watch = try crossing.command("watch", "1")
        #expect(try watch.exitStatus() == 4)
        #expect(watch.text.contains("Run 1 of contacts: held"), "\(watch.text)")
        #expect(watch.text.contains("sluice release 1"), "\(watch.text)")
        let release = try crossing.command("release", "1")
        #expect(try release.exitStatus() == 0)
        #expect(release.text == "run 1 goes on (running)\n")
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .completed)
        #expect(try crossing.written() == Set(1...Crossing.records))
        try crossing.judge(ended, on: server)
        let again = try crossing.command("release", "1")
        #expect(try again.exitStatus() == 1)
        #expect(again.text.contains("run 1 is completed, not held"), "\(again.text)")
    }

    @Test(arguments: [CancelMode.graceful, .force]) func `a held run can be cancelled`(mode: CancelMode) throws {
        let crossing = try Crossing()
        let killFile = "\(crossing.folder)/kill"
        let server = try crossing.serve(environment: ["SLUICE_TEST_KILL_FILE": killFile])
        let run = try hold(server, killFile)
        #expect(try server.cancel(run, mode).accepted)
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .cancelled)
        try crossing.judge(ended, on: server)
    }

    @Test func `run without a person to ask cancels a held run and leaves with its code`() throws {
        let crossing = try Crossing()
        let command = try crossing.command(
            "run",
            "contacts",
            "--config",
            "\(crossing.folder)/sluice.yaml",
            environment: ["SLUICE_TEST_KILL_AT": "before_intent:1"]
        )
        #expect(try command.exitStatus() == 4)
        #expect(command.text.contains("run 1 is held: 3 workers died within 60 s"), "\(command.text)")
        #expect(try crossing.judge(run: 1).state == .cancelled)
    }
}
