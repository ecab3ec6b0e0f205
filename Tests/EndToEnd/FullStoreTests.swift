import Client
import Drivers
import Foundation
import Model
import TestSupport
import Testing

/// The disk of the store is full: nothing is permitted any more, and nothing that was permitted is lost.
@MainActor @Suite(.serialized, .enabled(if: SmallDisk.isAllowed, "a small file system can be mounted by root only"))
struct FullStoreTests {
    @Test func `a run whose store is full fails with what to do; with space again the next is whole`() throws {
        let disk = try SmallDisk()
        defer { disk.unmount() }
        let crossing = try Crossing(in: disk.path)
        let server = try crossing.serve()
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        #expect(FileManager.default.fileExists(atPath: "\(server.store).reserve"))
        try disk.fill()
        try other.execute("ROLLBACK")
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .failed)
        #expect(
            ended.reason == "no space is left for the store \(server.store); free some and start the run again"
        )
        #expect(try crossing.written().count < Crossing.records)
        try crossing.judge(ended, on: server)
        let refusal = try crossing.command("sync", "contacts")
        #expect(try refusal.exitStatus() == 1)
        #expect(
            refusal.text
                == "sluice: no space was left for the store \(server.store); free some and restart the server\n"
        )
        try disk.clear()
        try server.kill()
        try server.restart()
        try crossing.judge(try server.client.run("1"), on: server)
        let before = try crossing.written()
        let whole = try server.waitForEnd(of: try server.start())
        #expect(whole.state == .completed)
        #expect(whole.counts.applied == Crossing.records - before.count)
        #expect(whole.counts.unchanged == before.count)
        #expect(try crossing.written().count == Crossing.records)
    }

    @Test func `a force cancel on a full disk takes the reserve and is carried out`() throws {
        let disk = try SmallDisk()
        defer { disk.unmount() }
        let crossing = try Crossing(in: disk.path)
        let server = try crossing.serve()
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        try disk.fill()
        #expect(try server.cancel(run, .force).accepted)
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .cancelled)
        #expect(!FileManager.default.fileExists(atPath: "\(server.store).reserve"))
        try other.execute("ROLLBACK")
        #expect(try crossing.written() == Set(1...100))
        try crossing.judge(ended, on: server)
    }

    @Test func `without its reserve the coordinator stops; with space again the run is taken up, exact`() throws {
        let disk = try SmallDisk()
        defer { disk.unmount() }
        let crossing = try Crossing(in: disk.path)
        let other = try crossing.block()
        let store = "\(disk.path)/sluice.db"
        let command = try crossing.command("run", "contacts", "--config", "\(disk.path)/sluice.yaml")
        try crossing.waitUntilBlocked()
        try FileManager.default.removeItem(atPath: "\(store).reserve")
        try disk.fill()
        try other.execute("ROLLBACK")
        #expect(try command.exitStatus() == 1)
        #expect(
            command.text.contains(
                "no space is left for the store \(store); the workers are killed, the next start reconciles what they did"
            ),
            "\(command.text)"
        )
        #expect(try crossing.written().count < Crossing.records)
        let refusal = try crossing.command("run", "contacts", "--config", "\(disk.path)/sluice.yaml")
        #expect(try refusal.exitStatus() == 1)
        #expect(refusal.text.contains("no space is left for"), "\(refusal.text)")
        try disk.clear()
        let again = try crossing.command("run", "contacts", "--config", "\(disk.path)/sluice.yaml")
        #expect(try again.exitStatus() == 0, "\(again.text)")
        #expect(again.text.contains("run 1 of contacts was interrupted (running); it is taken up"), "\(again.text)")
        #expect(try crossing.written() == Set(1...Crossing.records))
        #expect(try crossing.judge(run: 1).state == .completed)
    }
}
