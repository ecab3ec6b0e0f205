import Drivers
import Foundation
import Model
import SwiftProtobuf
import Testing
import Wire

@Suite struct IntroductionTests {
    @Test func `a worker says who it is, and is ready after a tick that is new enough`() async throws {
        try await PlayedCoordinator.play { coordinator in
            coordinator.ticks = false
            let hello = try coordinator.hear(\.workerHello)
            try #require(hello.pid == coordinator.worker?.process.pid)
            try #require(try hello.bootID == Machine.bootID())
            try #require(hello.openAttempts.isEmpty)

            coordinator.sequence = 7
            try coordinator.say(
                .welcome(
                    .with {
                        $0.heartbeatMs = 50
                        $0.leaseMs = 20_000
                        $0.installation = InstallationID.make(milliseconds: 1).wire
                        $0.desired = .run
                    }
                )
            )
            coordinator.sequence = 6
            try coordinator.broadcast(.tick(WireTick()))
            let early = try coordinator.heardUntilQuiet()
            try #require(!early.contains("workerReady"))

            coordinator.sequence = 7
            coordinator.ticks = true
            _ = try coordinator.hear(\.workerReady)
        }
    }

    @Test func `heartbeats tell when they were sent, how large the process is and that nothing is in hand`()
        async throws
    {
        try await PlayedCoordinator.play { coordinator in
            let before = UInt64(SystemClock.bootNanoseconds())
            try coordinator.welcome()
            _ = try coordinator.heardUntilQuiet()
            let heartbeat = try #require(coordinator.heartbeats.last)
            try #require(heartbeat.sentAtNs > before)
            try #require(heartbeat.residentBytes > 1 << 20)
            try #require(heartbeat.attempt.isEmpty)
            try #require(heartbeat.doing.isEmpty)
        }
    }

    @Test func `a worker whose heartbeats are not answered is killed by the kernel`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome { $0.leaseMs = 300 }
            _ = try coordinator.heardUntilQuiet()
            coordinator.answersHeartbeats = false
            try #require(try coordinator.ending().cause == .signalled(9))
        }
    }

    @Test func `a worker whose heartbeats are answered outlives its lease`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome { $0.leaseMs = 1_000 }
            let welcomed = UInt64(SystemClock.bootNanoseconds())
            while (coordinator.heartbeats.last?.sentAtNs ?? 0) < welcomed + 2_000_000_000 {
                _ = try coordinator.heardUntilQuiet()
            }
            try #require(try coordinator.worker?.process.reap() == nil)
        }
    }

    @Test func `a worker ends with its supervisor`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            coordinator.worker?.cutLifeline()
            try #require(try coordinator.ending().cause == .exited(status: 70))
        }
    }

    @Test func `the lock is held as long as the process lives`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            let path = try #require(coordinator.worker?.lockPath)
            try #require(try FileLock.state(of: path) == .held)
            try coordinator.worker?.process.kill()
            _ = try coordinator.ending()
            try #require(try FileLock.state(of: path) == .free)
        }
    }

    @Test func `a worker that is not known exits at once`() async throws {
        try await PlayedCoordinator.play { coordinator in
            _ = try coordinator.hear(\.workerHello)
            try coordinator.say(.condemned(.with { $0.reason = "not known" }))
            try #require(try coordinator.ending().cause == .exited(status: 72))
        }
    }

    @Test func `a worker that is retired exits with 0 and has said nothing on standard error`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            try coordinator.say(.retire(.with { $0.reason = "not needed" }))
            try #require(try coordinator.ending().cause == .exited(status: 0))
            try #require(coordinator.worker?.complaints == "")
        }
    }

    @Test func `a message of a lower epoch is ignored`() async throws {
        try await PlayedCoordinator.play { coordinator in
            coordinator.epoch = 5
            try coordinator.welcome()
            try coordinator.say(.condemned(.with { $0.reason = "by a predecessor" }), epoch: 4)
            try coordinator.broadcast(
                .terminate(.with { $0.workers = [coordinator.incarnation] }),
                epoch: 4
            )
            _ = try coordinator.heardUntilQuiet()
            try #require(try coordinator.worker?.process.reap() == nil)
            try coordinator.broadcast(.terminate(.with { $0.workers = [coordinator.incarnation] }))
            try #require(try coordinator.ending().cause == .exited(status: 71))
        }
    }

    @Test func `a worker introduces itself to the next coordinator`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            try coordinator.restart()
            try coordinator.welcome()
        }
    }

    @Test func `a missed decision is asked for, once`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            coordinator.answersHeartbeats = false
            coordinator.sequence += 2
            _ = try coordinator.hear(\.askState)
            coordinator.answersHeartbeats = true
            _ = try coordinator.heardUntilQuiet()
            try #require(!(try coordinator.heardUntilQuiet()).contains("askState"))
        }
    }

    @Test func `what cannot be understood is refused and changes nothing`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            try coordinator.sayRaw([0xFF, 0x00, 0xFF])
            _ = try coordinator.heardUntilQuiet()
            let complaints = try #require(coordinator.worker?.complaints)
            try #require(complaints.contains("refused"))
            try #require(complaints.split(separator: "\n").count == 1)
            try #require(try coordinator.worker?.process.reap() == nil)
        }
    }
}
