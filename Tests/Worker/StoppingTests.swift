import Drivers
import Foundation
import Model
import SwiftProtobuf
import Testing
import Wire

@Suite struct StoppingTests {
    @Test func `a drain finishes what has its intent out and returns the rest`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 30)
            try coordinator.assign(through: 10)
            let intent = try coordinator.hear(\.intent)
            let rest = try [(10, 20), (20, 30)].map {
                try coordinator.assign(after: $0.0, through: $0.1).wire
            }
            try coordinator.drain()
            try #require(try [coordinator.hear(\.returned).attempt] == [rest[0]])
            try #require(try [coordinator.hear(\.returned).attempt] == [rest[1]])
            try coordinator.decide(.permit, intent)
            try #require(try coordinator.hear(\.outcome).ending == .committed)
            try #require(try fixture.written() == 10)

            let late = try coordinator.assign(after: 10)
            try #require(try coordinator.hear(\.returned).attempt == late.wire)
            try #require(try fixture.written() == 10)
        }
    }

    @Test func `a drain that was never heard is obeyed from the next answer`() async throws {
        try await PlayedCoordinator.play { coordinator in
            _ = try coordinator.open(records: 30)
            try coordinator.assign(through: 10)
            _ = try coordinator.hear(\.intent)
            let second = try coordinator.assign(after: 10)
            coordinator.sequence += 1
            coordinator.desired = .drain
            try #require(try coordinator.hear(\.returned).attempt == second.wire)
        }
    }

    @Test func `a drain of another run changes nothing`() async throws {
        try await PlayedCoordinator.play { coordinator in
            _ = try coordinator.open(records: 30)
            try coordinator.assign(through: 10)
            _ = try coordinator.hear(\.intent)
            try coordinator.assign(after: 10)
            coordinator.sequence += 1
            let other = RunID.make(milliseconds: 9)
            try coordinator.broadcast(.drain(.with { $0.run = other.wire }))
            try #require(try coordinator.heardUntilQuiet() == [])
        }
    }

    @Test func `an answer that a drain has overtaken does not undo it`() async throws {
        try await PlayedCoordinator.play { coordinator in
            _ = try coordinator.open(records: 30)
            try coordinator.drain()
            let first = try coordinator.assign(through: 10)
            try #require(try coordinator.hear(\.returned).attempt == first.wire)
            coordinator.sequence -= 1
            coordinator.desired = .run
            coordinator.answersHeartbeats = true
            _ = try coordinator.heardUntilQuiet()
            let second = try coordinator.assign(through: 10)
            try #require(try coordinator.hear(\.returned).attempt == second.wire)
        }
    }

    @Test func `a terminated run ends its worker at once, and nothing is written`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 30)
            try coordinator.assign()
            _ = try coordinator.hear(\.intent)
            let run = coordinator.run.wire
            try coordinator.decide(.terminate, .terminate(.with { $0.run = run }))
            try #require(try coordinator.ending().cause == .exited(status: 71))
            try #require(try fixture.written() == 0)
        }
    }

    @Test func `a permit that comes with the end of the run is not used`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 30)
            try coordinator.assign()
            let intent = try coordinator.hear(\.intent)
            coordinator.sequence += 1
            try coordinator.decide(.permit, intent) { $0.desired = .terminate }
            try #require(try coordinator.ending().cause == .exited(status: 71))
            try #require(try fixture.written() == 0)
        }
    }

    @Test func `a held run has no transaction open and goes on when it is released`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 30)
            let attempt = try coordinator.assign(through: 10)
            _ = try coordinator.hear(\.intent)
            let second = try coordinator.assign(after: 10)
            coordinator.sequence += 1
            coordinator.desired = .hold
            let outcome = try coordinator.hear(\.outcome)
            try #require(outcome.ending == .rolledBack)
            try coordinator.acknowledge(outcome)
            try #require(try coordinator.hear(\.returned).attempt == attempt.wire)
            try #require(try coordinator.heardUntilQuiet() == [])
            try fixture.destination.execute("BEGIN IMMEDIATE; ROLLBACK")

            coordinator.sequence += 1
            coordinator.desired = .run
            try #require(try coordinator.hear(\.intent).attempt == second.wire)
        }
    }

    @Test func `a retired worker rolls back what is not permitted and returns everything`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 30)
            let attempts = try [(0, 10), (10, 20)].map {
                try coordinator.assign(after: $0.0, through: $0.1).wire
            }
            _ = try coordinator.hear(\.intent)
            try coordinator.say(.retire(.with { $0.reason = "not needed" }))
            // The event loop returns what is not started, the work thread what is.
            var returned: [Data] = []
            while returned.count < 2 {
                switch try coordinator.hear({ $0.outcome == nil && $0.returned == nil ? nil : $0 }) {
                case .outcome(let outcome): try coordinator.acknowledge(outcome)
                case .returned(let message): returned.append(message.attempt)
                default: break
                }
            }
            try #require(Set(returned) == Set(attempts))
            try #require(try coordinator.ending().cause == .exited(status: 0))
            try #require(try fixture.written() == 0)
        }
    }

    @Test func `an outcome is told to the next coordinator, until it is acknowledged`() async throws {
        try await PlayedCoordinator.play { coordinator in
            _ = try coordinator.open(records: 5)
            try coordinator.assign()
            let intent = try coordinator.hear(\.intent)
            try coordinator.decide(.permit, intent)
            let outcome = try coordinator.hear(\.outcome)
            try coordinator.restart()
            let hello = try coordinator.hear(\.workerHello)
            try #require(hello.openAttempts.map(\.attempt) == [intent.attempt])
            try #require(hello.openAttempts.map(\.write) == [intent.write])
            try coordinator.welcome()
            try #require(try coordinator.hear(\.outcome) == outcome)
            try coordinator.acknowledge(outcome)
            // Longer than the worker's patience with an outcome that is not acknowledged.
            let acknowledged = ContinuousClock.now
            while ContinuousClock.now < acknowledged.advanced(by: .milliseconds(2_500)) {
                try #require(!(try coordinator.heardUntilQuiet()).contains("outcome"))
            }
        }
    }

    @Test func `an intent is told to the next coordinator, whose permit counts`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 5)
            try coordinator.assign()
            let intent = try coordinator.hear(\.intent)
            try coordinator.restart()
            try coordinator.welcome()
            try #require(try coordinator.hear(\.intent) == intent)
            try coordinator.decide(.permit, intent)
            try #require(try coordinator.hear(\.outcome).ending == .committed)
            try #require(try fixture.written() == 5)
        }
    }
}
