import Drivers
import Foundation
import Model
import SwiftProtobuf
import Testing
import Wire

@Suite struct OpeningTests {
    @Test func `an opened run tells what is known of its streams`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            let fixture = try Fixture(in: coordinator.scratch, records: 7)
            try coordinator.say(.openRun(try fixture.openRun(coordinator.run, coordinator.installation)))
            let opened = try coordinator.hear(\.runOpened)
            try #require(opened.run == coordinator.run.wire)
            try #require(opened.snapshot.isEmpty)
            try #require(opened.streams.map(\.streamIndex) == [0])
            try #require(opened.streams.map(\.uniqueKey) == [true])
        }
    }

    @Test func `what a mapping may do to records is told as a warning`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            let fixture = try Fixture(in: coordinator.scratch, records: 7)
            try SQLiteConnection(path: fixture.sourcePath, access: .readWrite, busyTimeout: .seconds(5))
                .execute("ALTER TABLE people ADD nick TEXT")
            let greeting = FieldMapping(field: "name", origin: .template("Hi {nick}"))
            let stream = StreamSpec(stream: "people", destination: "people", key: ["id"], map: [greeting])
            try coordinator.say(
                .openRun(try fixture.openRun(coordinator.run, coordinator.installation, stream: stream))
            )
            let opened = try coordinator.hear(\.runOpened)
            try #require(opened.streams.map(\.warnings.count) == [1])
            try #require(opened.streams[0].warnings[0].contains("becomes NULL where \"nick\" is NULL"))
        }
    }

    @Test func `a missing table fails the run and is named`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            let fixture = try Fixture(in: coordinator.scratch, records: 7)
            let stream = StreamSpec(stream: "persons", destination: "people", key: ["id"])
            try coordinator.say(
                .openRun(
                    try fixture.openRun(coordinator.run, coordinator.installation, stream: stream)
                )
            )
            let failed = try coordinator.hear(\.runFailed)
            try #require(failed.run == coordinator.run.wire)
            try #require(failed.failure.code == "not_found")
            try #require(failed.failure.message.contains("persons"))
        }
    }

    @Test func `references are resolved from the worker's environment`() async throws {
        try await PlayedCoordinator.play { coordinator in
            try coordinator.welcome()
            let fixture = try Fixture(in: coordinator.scratch, records: 7)
            var message = try fixture.openRun(coordinator.run, coordinator.installation)
            message.sourceJson = try Fixture.json(
                ConnectionSpec(
                    name: "from",
                    type: "sqlite",
                    settings: ["path": "${SLUICE_NOT_SET_ANYWHERE}"]
                )
            )
            try coordinator.say(.openRun(message))
            let failed = try coordinator.hear(\.runFailed)
            try #require(failed.failure.code == "invalid")
            try #require(failed.failure.message.contains("SLUICE_NOT_SET_ANYWHERE"))
        }
    }

    @Test func `ranges come in pieces of at most 500, the last one marked`() async throws {
        try await PlayedCoordinator.play { coordinator in
            _ = try coordinator.open(records: 1_100)
            try coordinator.say(
                .planStream(
                    .with {
                        $0.run = coordinator.run.wire
                        $0.recordsPerBatch = 1
                    }
                )
            )
            let pieces = try (0..<3).map { _ in try coordinator.hear(\.rangesPlanned) }
            try #require(pieces.map(\.piece) == [0, 1, 2])
            try #require(pieces.map(\.ranges.count) == [500, 500, 100])
            try #require(pieces.map(\.complete) == [false, false, true])
            let ranges = pieces.flatMap(\.ranges)
            try #require(!ranges[0].hasAfter)
            try #require(ranges.dropFirst().map(\.after) == ranges.dropLast().map(\.through))
            try #require(ranges.map(\.records).reduce(0, +) == 1_100)
        }
    }

    @Test func `planning goes on behind a key`() async throws {
        try await PlayedCoordinator.play { coordinator in
            _ = try coordinator.open(records: 100)
            try coordinator.say(
                .planStream(
                    .with {
                        $0.run = coordinator.run.wire
                        $0.recordsPerBatch = 30
                        $0.after = WireKeyBound(["50"])
                    }
                )
            )
            let piece = try coordinator.hear(\.rangesPlanned)
            try #require(piece.complete)
            try #require(piece.ranges.first?.after.values == ["50"])
            try #require(piece.ranges.map(\.records) == [30, 20])
        }
    }

    @Test func `work of another run is refused`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let fixture = try coordinator.open(records: 5)
            let other = RunID.make(milliseconds: 8)
            try coordinator.say(.openRun(try fixture.openRun(other, coordinator.installation)))
            try #require(try coordinator.heardUntilQuiet() == [])
            try #require(coordinator.worker?.complaints.contains("second run") == true)
        }
    }
}
