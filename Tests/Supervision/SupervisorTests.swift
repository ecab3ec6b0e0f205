import Drivers
import Foundation
import Model
import Supervision
import Testing
import Wire

@Suite(.serialized) struct SupervisorTests {
    private func exists(_ pid: Int32) -> Bool {
        FileManager.default.fileExists(atPath: "/proc/\(pid)")
    }

    @Test func `a supervisor introduces itself`() throws {
        let fleet = try Fleet()
        let hello = try fleet.welcome()
        #expect(hello.pid == Machine.processID())
        #expect(hello.bootID == (try Machine.bootID()))
        #expect(hello.slots == 2)
        #expect(hello.lockDirectory == fleet.lockDirectory)
        #expect(hello.workers.isEmpty)
    }

    @Test func `a worker is started with its arguments, its lifeline and its lock`() throws {
        let scratch = try Scratch()
        let fleet = try Fleet(
            worker: """
                echo "$@" > \(scratch.path)/seen
                readlink /proc/$$/fd/3 >> \(scratch.path)/seen
                readlink /proc/$$/fd/4 >> \(scratch.path)/seen
                exit 3
                """,
            scratch: scratch
        )
        try fleet.welcome()
        let worker = Incarnation.make(milliseconds: 2)
        let spawned = try fleet.spawn(worker)
        #expect(spawned.error.isEmpty)
        #expect(spawned.pid > 0)
        #expect(spawned.lockPath == "\(fleet.lockDirectory)/\(worker).lock")
        let died = try fleet.death(of: worker)
        #expect(died.proof == .reaped)
        #expect(died.exitStatus == 3)
        #expect(died.signal == 0)
        #expect(died.detail == "exited with 3")
        #expect(died.residentBytes > 0)
        let seen = try String(contentsOfFile: "\(scratch.path)/seen", encoding: .utf8)
            .split(separator: "\n").map(String.init)
        #expect(
            seen.first == """
                --work ipc://\(scratch.path)/work --control ipc://\(scratch.path)/control \
                --incarnation \(worker) --supervisor \(fleet.incarnation) --lifeline 3 --lock 4
                """
        )
        #expect(seen.count == 3 && seen[1].hasPrefix("pipe:") && seen[2] == spawned.lockPath)
    }

    @Test func `a kill ends in a death with proof and no lock file`() throws {
        let fleet = try Fleet()
        try fleet.welcome()
        let worker = Incarnation.make(milliseconds: 2)
        let spawned = try fleet.spawn(worker)
        #expect(try FileLock.state(of: spawned.lockPath) == .held)
        try fleet.kill([worker])
        let died = try fleet.death(of: worker)
        #expect(died.proof == .reaped)
        #expect(died.signal == 9)
        #expect(!exists(spawned.pid))
        #expect(try FileLock.state(of: spawned.lockPath) == .missing)
    }

    @Test func `killing one worker leaves the other alone, and twice is once`() throws {
        let fleet = try Fleet()
        try fleet.welcome()
        let (one, other) = (Incarnation.make(milliseconds: 2), Incarnation.make(milliseconds: 3))
        _ = try fleet.spawn(one)
        let survivor = try fleet.spawn(other)
        try fleet.kill([one, one])
        let died = try fleet.death(of: one)
        #expect(exists(survivor.pid))
        // It is dead already: the same answer again.
        try fleet.kill([one])
        #expect(try fleet.death(of: one) == died)
        try fleet.prove(one)
        #expect(try fleet.death(of: one) == died)
        let beat = try fleet.next("heartbeat") { body -> WireSupervisorHeartbeat? in
            if case .supervisorHeartbeat(let beat) = body { beat } else { nil }
        }
        #expect(beat.workers.map(\.incarnation) == [other.wire])
        #expect(beat.workers.map(\.pid) == [survivor.pid])
    }

    @Test func `a hundred workers one after another die within a moment each`() throws {
        let fleet = try Fleet { $0.deathsMax = 3 }
        try fleet.welcome()
        var times: [Duration] = []
        for number in 0..<100 {
            let worker = Incarnation.make(milliseconds: UInt64(100 + number))
            #expect(try fleet.spawn(worker).error.isEmpty)
            let start = ContinuousClock.now
            try fleet.kill([worker])
            #expect(try fleet.death(of: worker).proof == .reaped)
            times.append(start.duration(to: .now))
        }
        let median = times.sorted()[50]
        #expect(median < .milliseconds(20), "order to report took \(median)")
    }

    @Test func `spawning twice starts one process`() throws {
        let fleet = try Fleet()
        try fleet.welcome()
        let worker = Incarnation.make(milliseconds: 2)
        let first = try fleet.spawn(worker)
        #expect(try fleet.spawn(worker) == first)
        try fleet.kill([worker])
        _ = try fleet.death(of: worker)
        let late = try fleet.spawn(worker)
        #expect(late.error.contains("was started before and has died (ended by signal 9)"))
    }

    @Test func `more workers than allowed are refused until one has died`() throws {
        let fleet = try Fleet()
        try fleet.welcome()
        let workers = (2..<6).map { Incarnation.make(milliseconds: $0) }
        for worker in workers.prefix(3) { #expect(try fleet.spawn(worker).error.isEmpty) }
        let refused = try fleet.spawn(workers[3])
        #expect(refused.pid == 0)
        #expect(refused.error.contains("has 3 workers, allowed are 3 (2 slots, 1 beyond them)"))
        try fleet.kill([workers[0]])
        _ = try fleet.death(of: workers[0])
        #expect(try fleet.spawn(workers[3]).error.isEmpty)
    }

    @Test func `workers that die at birth are not started without end`() throws {
        let fleet = try Fleet(worker: "exit 1") { $0.deathsMax = 3 }
        try fleet.welcome()
        for number in 0..<3 {
            let worker = Incarnation.make(milliseconds: UInt64(number))
            #expect(try fleet.spawn(worker).error.isEmpty)
            _ = try fleet.death(of: worker)
        }
        #expect(try fleet.spawn().error.contains("3 workers ended within 10.0 seconds without having been told to"))
    }

    @Test(arguments: [0, 71, 72]) func `workers that leave because they were told to do not count`(status: Int) throws {
        let fleet = try Fleet(worker: "exit \(status)") { $0.deathsMax = 3 }
        try fleet.welcome()
        for number in 0..<10 {
            let worker = Incarnation.make(milliseconds: UInt64(number))
            #expect(try fleet.spawn(worker).error.isEmpty)
            _ = try fleet.death(of: worker)
        }
    }

    @Test func `a worker that cannot be executed is an error and leaves no lock`() throws {
        let fleet = try Fleet { $0.workerPath = "/nowhere/sluice-worker" }
        try fleet.welcome()
        let worker = Incarnation.make(milliseconds: 2)
        let spawned = try fleet.spawn(worker)
        #expect(spawned.error == "start /nowhere/sluice-worker: No such file or directory")
        let names = try FileManager.default.contentsOfDirectory(atPath: fleet.lockDirectory)
        #expect(names == ["supervisor.lock"])
    }

    @Test func `the end of the lifeline kills every worker before the supervisor ends`() throws {
        let fleet = try Fleet()
        try fleet.welcome()
        let pids = try (2..<5).map { try fleet.spawn(.make(milliseconds: $0)).pid }
        #expect(pids.allSatisfy(exists))
        fleet.lifeline.held.close()
        #expect(try fleet.end() == .lifelineCut)
        #expect(!pids.contains(where: exists))
    }

    @Test func `without answers for a lease it ends, with answers it does not`() throws {
        let fleet = try Fleet()
        try fleet.welcome(beat: 20, lease: 400)
        let pid = try fleet.spawn().pid
        var beats = 0
        // Answered for more than a lease.
        _ = try fleet.next("heartbeats") { body -> Bool? in
            if case .supervisorHeartbeat = body { beats += 1 }
            return beats > 40 ? true : nil
        }
        #expect(exists(pid))
        #expect(try fleet.end() == .leaseExpired)
        #expect(!exists(pid))
    }

    @Test func `told to shut down it does so`() throws {
        let fleet = try Fleet()
        try fleet.welcome()
        let pid = try fleet.spawn().pid
        var order = WireShutDown()
        order.reason = "serve ends"
        try fleet.send(.shutDown(order))
        #expect(try fleet.end() == .shutDown(reason: "serve ends"))
        #expect(!exists(pid))
    }

    @Test func `orders of an older coordinator and malformed ones change nothing`() throws {
        let fleet = try Fleet()
        fleet.epoch = 5
        try fleet.welcome()
        let worker = Incarnation.make(milliseconds: 2)
        let pid = try fleet.spawn(worker).pid
        fleet.epoch = 4
        try fleet.kill([worker])
        _ = try fleet.socket.send([fleet.incarnation.bytes, [1, 2, 3]])
        fleet.epoch = 5
        // Answered after both were looked at.
        let other = try fleet.spawn(.make(milliseconds: 3))
        #expect(other.error.isEmpty)
        #expect(exists(pid))
        #expect(
            fleet.reports == [
                "kill of coordinator epoch 4 refused, it is 5",
                "message from coordinator to a supervisor refused: not an envelope (3 bytes)",
            ]
        )
    }

    @Test func `a new coordinator is greeted with the workers that live`() throws {
        let fleet = try Fleet()
        try fleet.welcome()
        let worker = Incarnation.make(milliseconds: 2)
        let pid = try fleet.spawn(worker).pid
        fleet.epoch = 2
        try fleet.prove(.make(milliseconds: 9))
        let hello = try fleet.welcome()
        #expect(hello.workers.map(\.incarnation) == [worker.wire])
        #expect(hello.workers.map(\.pid) == [pid])
    }
}
