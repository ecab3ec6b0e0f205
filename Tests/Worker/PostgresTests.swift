import Drivers
import Model
import SwiftProtobuf
import TestSupport
import Testing
import Wire

@Suite struct PostgresTests {
    @Test func `a permit names the destination's transaction, and only that one is committed`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let server = try coordinator.openPostgres(records: 100)
            try coordinator.assign(after: 10, through: 60)
            let intent = try coordinator.hear(\.intent)
            try #require(UInt64(intent.transaction) != nil)
            try #require(!intent.system.isEmpty)
            try #require(intent.header.inserted == 50)
            try coordinator.decide(.permit, intent) { $0.transaction += "0" }
            try #require(try coordinator.heardUntilQuiet() == [])
            try #require(try server.value("SELECT count(*) FROM dst.people") == "0")
            try coordinator.decide(.permit, intent)
            try #require(try coordinator.hear(\.outcome).ending == .committed)
            try #require(try server.value("SELECT count(*) FROM dst.people") == "50")
        }
    }

    @Test func `behind a closed gate a permit commits nothing`() async throws {
        try await PlayedCoordinator.play { coordinator in
            let server = try coordinator.openPostgres(records: 10)
            try coordinator.assign()
            let intent = try coordinator.hear(\.intent)
            let writer = try #require(coordinator.worker)

            try coordinator.start()
            try coordinator.welcome()
            let done = try coordinator.errand(
                server.spec(schema: "dst"),
                .closeGate(coordinator.closeGate([intent]))
            )
            try #require(!done.hasFailure)

            coordinator.turn(to: writer)
            try coordinator.decide(.permit, intent)
            // Its session was ended: whether that was before or behind COMMIT only the evidence can tell.
            let outcome = try coordinator.hear(\.outcome)
            try #require([.rolledBack, .unsure].contains(outcome.ending))
            try #require(!outcome.again)
            try #require(try server.value("SELECT count(*) FROM dst.people") == "0")
        }
    }

    @Test(arguments: [(site: "in_commit", applied: false), (site: "before_outcome", applied: true)])
    func `what a killed worker was permitted to write is told after its fence is closed`(
        _ place: (site: String, applied: Bool)
    ) async throws {
        let environment = ["SLUICE_TEST_KILL_AT": "\(place.site):1"]
        try await PlayedCoordinator.play(environment: environment) { coordinator in
            let server = try coordinator.openPostgres(records: 10)
            try coordinator.assign()
            let intent = try coordinator.hear(\.intent)
            try coordinator.decide(.permit, intent)
            try #require(try coordinator.ending().cause == .signalled(9))

            try coordinator.start()
            try coordinator.welcome()
            let done = try coordinator.errand(
                server.spec(schema: "dst"),
                .reconcile(coordinator.reconcile([intent], deathsProven: true))
            )
            try #require(!done.hasFailure, "\(done.failure.message)")
            try #require(done.closedFences == [intent.attempt])
            try #require(done.evidence.map(\.evidence) == [place.applied ? .applied : .notApplied])
            try #require(
                try server.value("SELECT count(*) FROM dst.people") == (place.applied ? "10" : "0")
            )
        }
    }
}

extension PostgresServer {
    fileprivate func spec(schema: String) -> ConnectionSpec {
        ConnectionSpec(name: schema, type: "postgres", settings: ["url": url, "schema": schema])
    }
}

extension PlayedCoordinator {
    /// A worker that has opened a run from schema `src` to schema `dst` of a database of its own.
    fileprivate func openPostgres(records: Int) throws -> PostgresServer {
        try welcome()
        let server = try PostgresServer()
        try server.run(
            """
            CREATE SCHEMA src;
            CREATE SCHEMA dst;
            CREATE TABLE src.people (id bigint PRIMARY KEY, name text NOT NULL);
            CREATE TABLE dst.people (id bigint PRIMARY KEY, name text NOT NULL);
            INSERT INTO src.people SELECT i, 'name ' || i FROM generate_series(1, \(records)) i;
            """
        )
        let job = JobSpec(
            name: "copy",
            source: "src",
            destination: "dst",
            streams: [StreamSpec(stream: "people", destination: "people", key: ["id"])]
        )
        let (run, installation) = (run, installation)
        try say(
            .openRun(
                try .with {
                    $0.run = run.wire
                    $0.installation = installation.wire
                    $0.jobJson = try Fixture.json(job)
                    $0.sourceJson = try Fixture.json(server.spec(schema: "src"))
                    $0.destinationJson = try Fixture.json(server.spec(schema: "dst"))
                    $0.streamIndexes = [0]
                }
            )
        )
        let opened = try hear(\.runOpened)
        try #require(!opened.snapshot.isEmpty)
        try #require(opened.streams.map(\.uniqueKey) == [true])
        return server
    }
}
