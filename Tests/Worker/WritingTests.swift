import Drivers
import Model
import Testing
import Wire

@Suite struct WritingTests {
    @Test func `a batch is written only after its permit`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 30)
            let attempt = try coordinator.assign(after: 10, through: 25)
            let intent = try coordinator.hear(\.intent)
            try #require(intent.attempt == attempt.wire)
            try #require(intent.header.inserted == 15)
            try #require(intent.header.records == 15)
            try #require(try coordinator.heardUntilQuiet() == [])
            try #require(try fixture.written() == 0)
            try #require(coordinator.heartbeats.last?.attempt == attempt.wire)
            try #require(coordinator.heartbeats.last?.doing == "waiting for a permit")

            try coordinator.decide(.permit, intent)
            let outcome = try coordinator.hear(\.outcome)
            try #require(outcome.ending == .committed)
            try #require(outcome.digest == intent.digest)
            try #require(outcome.committedAtUs > 0)
            try #require(try fixture.written() == 15)
            try coordinator.acknowledge(outcome)
        }
    }

    @Test func `several batches are written in the order they came`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 30)
            let attempts = try [(0, 10), (10, 20), (20, 30)].map {
                try coordinator.assign(after: $0.0, through: $0.1)
            }
            for attempt in attempts {
                let intent = try coordinator.hear(\.intent)
                try #require(intent.attempt == attempt.wire)
                try coordinator.decide(.permit, intent)
                try coordinator.acknowledge(try coordinator.hear(\.outcome))
            }
            try #require(try fixture.written() == 30)
        }
    }

    @Test func `what is refused leaves nothing and its attempt is over`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 5)
            try coordinator.assign()
            try coordinator.decide(.refuse, try coordinator.hear(\.intent))
            let outcome = try coordinator.hear(\.outcome)
            try #require(outcome.ending == .rolledBack)
            try #require(!outcome.again)
            try coordinator.acknowledge(outcome)
            try #require(try coordinator.heardUntilQuiet() == [])
            try #require(try fixture.written() == 0)
        }
    }

    @Test func `what is to be tried again later goes back`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 5)
            let attempt = try coordinator.assign()
            try coordinator.decide(.retry, try coordinator.hear(\.intent)) { $0.reason = "held" }
            let returned = try coordinator.hear(\.returned)
            try #require(returned.attempt == attempt.wire)
            try #require(returned.reason == "held")
            try #require(!returned.transient)
            try #require(try fixture.written() == 0)
        }
    }

    @Test func `a permit for anything but this very transaction is ignored`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 5)
            try coordinator.assign()
            let intent = try coordinator.hear(\.intent)
            try coordinator.decide(.permit, intent) { $0.transaction = "another" }
            try coordinator.decide(.permit, intent) {
                $0.write = WriteID.make(milliseconds: 5).wire
            }
            try coordinator.decide(.permit, intent) {
                $0.attempt = AttemptID.make(milliseconds: 5).wire
            }
            try #require(try coordinator.heardUntilQuiet() == [])
            try #require(try fixture.written() == 0)
            try coordinator.decide(.permit, intent)
            try #require(try coordinator.hear(\.outcome).ending == .committed)
            try #require(try fixture.written() == 5)
        }
    }

    @Test func `a permit of a predecessor is ignored`() async throws {
        try await PlayedCoordinator.play { coordinator in
            coordinator.epoch = 4
            let fixture = try coordinator.open(records: 5)
            try coordinator.assign()
            let intent = try coordinator.hear(\.intent)
            try coordinator.decide(.permit, intent, epoch: 3)
            try #require(try coordinator.heardUntilQuiet() == [])
            try #require(try fixture.written() == 0)
        }
    }

    @Test func `records that are there already are counted as unchanged`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 5)
            try fixture.destination.execute(
                "INSERT INTO people VALUES (1, 'name 1'), (2, 'other')"
            )
            try coordinator.assign()
            let intent = try coordinator.hear(\.intent)
            try #require(intent.header.unchanged == 1)
            try #require(intent.header.updated == 1)
            try #require(intent.header.inserted == 3)
        }
    }

    @Test func `a range that has become empty is written, too`() async throws {
        try await PlayedCoordinator.play { coordinator in
            _ = try coordinator.open(records: 5)
            try coordinator.assign(after: 5, through: 9)
            let intent = try coordinator.hear(\.intent)
            try #require(intent.header.records == 0)
            try coordinator.decide(.permit, intent)
            try #require(try coordinator.hear(\.outcome).ending == .committed)
        }
    }

    @Test func `a record that the destination rejects does not stop the others`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 5, constraint: "CHECK (name <> 'name 3')")
            try coordinator.assign()
            var intent = try coordinator.hear(\.intent)
            if intent.header.rejected == 0 {
                // It showed only in applying: what was announced is taken back.
                let outcome = try coordinator.hear(\.outcome)
                try #require(outcome.ending == .rolledBack)
                try #require(outcome.again)
                let write = intent.write
                intent = try coordinator.hear(\.intent)
                try #require(intent.write != write)
            }
            try #require(intent.header.rejected == 1)
            try #require(intent.header.inserted == 4)
            try coordinator.decide(.permit, intent)
            try #require(try coordinator.hear(\.outcome).ending == .committed)
            try #require(try fixture.written() == 4)
        }
    }

    @Test func `an intent without an answer is sent again as it was`() async throws {
        try await PlayedCoordinator.play { coordinator in
            _ = try coordinator.open(records: 5)
            try coordinator.assign()
            let first = try coordinator.hear(\.intent)
            let second = try coordinator.hear(\.intent)
            try #require(first == second)
        }
    }

    @Test func `a destination that is busy is tried again with fresh before-images`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 5)
            let other = try fixture.destination
            try other.execute("BEGIN IMMEDIATE")
            try coordinator.assign()
            try coordinator.await { $0.doing.hasPrefix("waiting to try again") }
            try other.execute("INSERT INTO people VALUES (1, 'somebody was faster')")
            try other.execute("COMMIT")
            let intent = try coordinator.hear(\.intent)
            try #require(intent.header.updated == 1)
            try #require(intent.header.inserted == 4)
        }
    }

    @Test func `a destination that stays busy gives the batch back`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 5)
            let other = try fixture.destination
            try other.execute("BEGIN IMMEDIATE")
            let attempt = try coordinator.assign()
            let returned = try coordinator.hear(\.returned)
            try #require(returned.attempt == attempt.wire)
            try #require(returned.transient)
            try #require(returned.reason.contains("5 times"))
        }
    }

    @Test func `a process that is too large gives its work back and exits`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 20) { $0.residentBytesMax = 1 << 20 }
            try coordinator.assign(through: 10)
            let intent = try coordinator.hear(\.intent)
            let second = try coordinator.assign(after: 10)
            try coordinator.decide(.permit, intent)
            let outcome = try coordinator.hear(\.outcome)
            try #require(try coordinator.hear(\.returned).attempt == second.wire)
            try coordinator.acknowledge(outcome)
            try #require(try coordinator.ending().cause == .exited(status: 0))
            try #require(try fixture.written() == 10)
            try #require(coordinator.worker?.complaints.contains("resident") == true)
        }
    }
}
