import Drivers
import Foundation
import Model
import Supervision
import Testing
import Wire

@Suite(.serialized) struct ProofTests {
    private let worker = Incarnation.make(milliseconds: 2)

    /// A process that holds a lock as a worker does.
    private func holder(of path: String) throws -> ChildProcess {
        guard let lock = try FileLock.acquire(path) else {
            throw Fleet.Silence(description: "\(path) is locked")
        }
        defer { lock.release() }
        return try ChildProcess(
            Program(path: "/bin/sleep", arguments: ["1000"], descriptors: [lock.descriptor])
        )
    }

    @Test func `a lock that is held proves nothing, and its end proves the death`() throws {
        let fleet = try Fleet()
        try fleet.welcome()
        let path = "\(fleet.scratch.path)/other.lock"
        let child = try holder(of: path)
        try fleet.prove(worker, lockPath: path, bootID: try Machine.bootID())
        let first = try fleet.death(of: worker)
        #expect(first.proof == .none)
        #expect(first.detail == "\(path) is locked: it runs")
        try child.kill()
        _ = try child.wait()
        #expect(try fleet.death(of: worker).proof == .lockFree)
    }

    @Test func `a worker that is dying is reported once, with proof`() throws {
        let fleet = try Fleet()
        try fleet.welcome()
        let path = "\(fleet.scratch.path)/other.lock"
        let child = try holder(of: path)
        try fleet.prove(worker, lockPath: path, bootID: try Machine.bootID())
        try child.kill()
        _ = try child.wait()
        #expect(try fleet.death(of: worker).proof == .lockFree)
    }

    @Test func `another boot is a proof`() throws {
        let fleet = try Fleet()
        try fleet.welcome()
        try fleet.prove(worker, bootID: "00000000-0000-0000-0000-000000000000")
        #expect(try fleet.death(of: worker).proof == .otherBoot)
    }

    @Test func `a worker of our own that lives is no death`() throws {
        let fleet = try Fleet()
        try fleet.welcome()
        let pid = try fleet.spawn(worker).pid
        try fleet.prove(worker)
        let answer = try fleet.death(of: worker)
        #expect(answer.proof == .none)
        #expect(answer.detail == "it runs as process \(pid)")
    }

    @Test func `a missing lock file proves nothing in a directory that is new`() throws {
        let fleet = try Fleet()
        try fleet.welcome()
        try fleet.prove(worker)
        #expect(try fleet.death(of: worker).proof == .none)
    }

    @Test func `a missing lock file is a proof in a directory that a dead supervisor kept`() throws {
        let scratch = try Scratch()
        let first = try Fleet(scratch: scratch)
        try first.welcome()
        first.lifeline.held.close()
        #expect(try first.end() == .lifelineCut)

        let leftover = Incarnation.make(milliseconds: 3)
        let file = "\(first.lockDirectory)/\(leftover).lock"
        try #require(try FileLock.acquire(file)).release()
        let held = Incarnation.make(milliseconds: 4)
        let child = try holder(of: "\(first.lockDirectory)/\(held).lock")

        let second = try Fleet(scratch: scratch)
        try second.welcome()
        try second.prove(worker)
        #expect(try second.death(of: worker).proof == .lockFree)
        try second.prove(leftover)
        #expect(try second.death(of: leftover).proof == .lockFree)
        #expect(try FileLock.state(of: file) == .missing)
        try second.prove(held)
        #expect(try second.death(of: held).proof == .none)
        // Elsewhere a missing file is still nothing.
        let elsewhere = Incarnation.make(milliseconds: 5)
        try second.prove(elsewhere, lockPath: "\(scratch.path)/elsewhere.lock")
        #expect(try second.death(of: elsewhere).proof == .none)
        try child.kill()
        #expect(try second.death(of: held).proof == .lockFree)
        _ = try child.wait()
    }

    @Test func `a supervisor waits for the end of the one before it`() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(
            atPath: "\(scratch.path)/locks",
            withIntermediateDirectories: false
        )
        let former = try holder(of: "\(scratch.path)/locks/supervisor.lock")
        let fleet = try Fleet(scratch: scratch)
        let early = try Poller.wait(
            sockets: [fleet.socket],
            descriptors: [],
            timeout: .milliseconds(100)
        )
        #expect(early.isEmpty)
        try former.kill()
        _ = try former.wait()
        try fleet.welcome()
    }

    @Test func `a supervisor that is not needed any more does not wait`() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(
            atPath: "\(scratch.path)/locks",
            withIntermediateDirectories: false
        )
        let former = try holder(of: "\(scratch.path)/locks/supervisor.lock")
        let fleet = try Fleet(scratch: scratch)
        fleet.lifeline.held.close()
        let error = #expect(throws: SluiceError.self) { try fleet.end() }
        #expect(error?.code == .conflict)
        try former.kill()
        _ = try former.wait()
    }

    @Test func `a supervisor process dies by its lifeline or by a kill`() throws {
        let scratch = try Scratch()
        // Reads the pipe until its end, as a supervisor does.
        let script = try scratch.script("echo \"$@\" > \(scratch.path)/seen; cat <&3; exit 7")
        let first = try SupervisorProcess(executable: script, arguments: ["supervisor", "--slots", "2"])
        first.cutLifeline()
        #expect(first.reap() == "exited with 7")
        let seen = try String(contentsOfFile: "\(scratch.path)/seen", encoding: .utf8)
        #expect(seen == "supervisor --slots 2 --lifeline 3\n")

        let second = try SupervisorProcess(executable: script, arguments: [])
        second.kill()
        let ready = try Poller.wait(
            sockets: [],
            descriptors: [second.deathDescriptor],
            timeout: .seconds(20)
        )
        #expect(ready.descriptors == [true])
        #expect(second.reap() == "ended by signal 9")
        second.kill()
    }
}
