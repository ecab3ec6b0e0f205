import Drivers
import Foundation
import Model
import TestSupport
import Testing

/// Ctrl-C in `sluice run`, and the codes that it leaves with.
@MainActor @Suite(.serialized) struct InterruptTests {
    private func run(_ crossing: Crossing) throws -> Terminal {
        try crossing.command("run", "contacts", "--config", "\(crossing.folder)/sluice.yaml")
    }

    @Test func `the first Ctrl-C drains: what has begun is finished`() throws {
        let crossing = try Crossing()
        let other = try crossing.block()
        let command = try run(crossing)
        try crossing.waitUntilBlocked()
        try command.interrupt()
        _ = command.read(until: "stopping run 1: batches that have begun are finished; Ctrl-C again kills the workers")
        try other.execute("ROLLBACK")
        #expect(try command.exitStatus() == 3)
        #expect(command.text.contains("Run 1 of contacts: cancelled (graceful)"), "\(command.text)")
        #expect(try crossing.written() == Set(1...150))
        #expect(try crossing.judge(run: 1).state == .cancelled)
    }

    @Test func `the second Ctrl-C forces, while the destination still does not answer`() throws {
        let crossing = try Crossing()
        let other = try crossing.block()
        let command = try run(crossing)
        try crossing.waitUntilBlocked()
        try command.interrupt()
        _ = command.read(until: "Ctrl-C again kills the workers")
        try command.interrupt()
        #expect(try command.exitStatus() == 3)
        #expect(command.text.contains("the workers of run 1 are being killed; what they were writing is looked up"))
        #expect(command.text.contains("Run 1 of contacts: cancelled (graceful, then force)"), "\(command.text)")
        try other.execute("ROLLBACK")
        #expect(try crossing.written() == Set(1...100))
        #expect(try crossing.judge(run: 1).state == .cancelled)
    }
}
