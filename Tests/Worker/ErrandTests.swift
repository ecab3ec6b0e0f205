import Connectors
import Drivers
import Foundation
import Model
import SwiftProtobuf
import Testing
import Wire

@Suite struct ErrandTests {
    @Test func `a checked connection tells how it is written to`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            let fixture = try Fixture(in: coordinator.scratch, records: 3)
            let done = try coordinator.errand(fixture.sourceSpec, .check(WireCheckConnection()))
            try #require(!done.hasFailure)
            let notes = try JSONDecoder().decode([String].self, from: Data(done.json.utf8))
            try #require(notes == ["written to by one process at a time, behind a marker row"])
        }
    }

    @Test func `a discovered connection tells its streams`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            let fixture = try Fixture(in: coordinator.scratch, records: 3)
            let done = try coordinator.errand(fixture.sourceSpec, .discover(.with { $0.stream = "" }))
            try #require(!done.hasFailure)
            let streams = try JSONDecoder()
                .decode([StreamDescription].self, from: Data(done.json.utf8))
            try #require(streams.map(\.name) == ["people"])
            try #require(streams[0].columns.map(\.name) == ["id", "name"])
            try #require(streams[0].primaryKey == ["id"])
        }
    }

    @Test func `a stream that is not there is not found`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            let fixture = try Fixture(in: coordinator.scratch, records: 3)
            let done = try coordinator.errand(
                fixture.sourceSpec,
                .discover(.with { $0.stream = "persons" })
            )
            try #require(done.failure.code == "not_found")
            try #require(done.failure.message.contains("persons"))
        }
    }

    @Test func `a type of connection that is not known is named with those that are`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            let done = try coordinator.errand(
                ConnectionSpec(name: "crm", type: "abacus", settings: [:]),
                .check(WireCheckConnection())
            )
            try #require(done.failure.code == "invalid")
            try #require(done.failure.message.contains("abacus"))
            try #require(done.failure.message.contains("sqlite"))
        }
    }

    @Test func `where there is no fence nothing is reconciled without proofs of death`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 5)
            try coordinator.assign()
            let intent = try coordinator.hear(\.intent)
            try coordinator.decide(.refuse, intent)
            let done = try coordinator.errand(
                fixture.destinationSpec,
                .reconcile(coordinator.reconcile([intent], deathsProven: false))
            )
            try #require(done.failure.code == "conflict")
            try #require(done.evidence.isEmpty)
        }
    }

    @Test func `a killed worker's writes are told from their markers by another process`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 10)
            try coordinator.assign(through: 5)
            let committed = try coordinator.hear(\.intent)
            try coordinator.decide(.permit, committed)
            try coordinator.acknowledge(try coordinator.hear(\.outcome))
            try coordinator.assign(after: 5)
            let open = try coordinator.hear(\.intent)
            try coordinator.worker?.process.kill()
            _ = try coordinator.worker?.process.wait()

            try coordinator.start()
            try coordinator.welcome()
            let done = try coordinator.errand(
                fixture.destinationSpec,
                .reconcile(coordinator.reconcile([committed, open], deathsProven: true))
            )
            try #require(!done.hasFailure)
            try #require(done.closedFences == [committed.attempt, open.attempt])
            try #require(done.evidence.map(\.write) == [committed.write, open.write])
            try #require(done.evidence.map(\.evidence) == [.applied, .notApplied])
            try #require(try fixture.written() == 5)
        }
    }

    @Test func `closing the gate of a destination without one is done at once`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            let fixture = try Fixture(in: coordinator.scratch, records: 3)
            let done = try coordinator.errand(
                fixture.destinationSpec,
                .closeGate(coordinator.closeGate([]))
            )
            try #require(!done.hasFailure)
        }
    }

    @Test func `an errand that is overdue is given up with its process`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            let fixture = try Fixture(in: coordinator.scratch, records: 3)
            let other = try SQLiteConnection(
                path: fixture.sourcePath,
                access: .readWrite,
                busyTimeout: .zero
            )
            try other.execute("BEGIN EXCLUSIVE")
            let done = try coordinator.errand(
                fixture.sourceSpec,
                .check(WireCheckConnection()),
                deadline: 200
            )
            try #require(done.failure.code == "timed_out")
            try #require(done.failure.retriable)
            try #require(try coordinator.ending().cause == .exited(status: 73))
        }
    }
}
