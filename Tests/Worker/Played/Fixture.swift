import Drivers
import Foundation
import Model
import SwiftProtobuf
import Testing
import Wire

/// A source and a destination in SQLite files, and a job that copies `people` from one to the other.
struct Fixture {
    static let patience = Duration.seconds(10)

    let sourcePath: String
    let destinationPath: String

    /// - Parameters:
    ///   - records: with ids 1, 2, …
    ///   - constraint: of the destination's table, as SQL.
    init(in directory: String, records: Int, constraint: String = "") throws {
        sourcePath = "\(directory)/source.db"
        destinationPath = "\(directory)/destination.db"
        let source = try SQLiteConnection(
            path: sourcePath,
            access: .create,
            busyTimeout: Self.patience
        )
        try source.execute(
            """
            CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(records))
            INSERT INTO people SELECT i, 'name ' || i FROM n WHERE i <= \(records);
            """
        )
        let destination = try SQLiteConnection(
            path: destinationPath,
            access: .create,
            busyTimeout: Self.patience
        )
        try destination.execute(
            "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL \(constraint))"
        )
    }

    var destination: SQLiteConnection {
        get throws {
            try SQLiteConnection(
                path: destinationPath,
                access: .readWrite,
                busyTimeout: Self.patience
            )
        }
    }

    /// Records at the destination, read by a connection of the test's own.
    func written() throws -> Int {
        let statement = try destination.statement("SELECT count(*) FROM people")
        _ = try statement.step()
        return Int(statement.integer(at: 0))
    }

    var sourceSpec: ConnectionSpec {
        ConnectionSpec(name: "from", type: "sqlite", settings: ["path": sourcePath])
    }

    var destinationSpec: ConnectionSpec {
        ConnectionSpec(name: "to", type: "sqlite", settings: ["path": destinationPath])
    }

    func openRun(
        _ run: RunID,
        _ installation: InstallationID,
        stream: StreamSpec = StreamSpec(stream: "people", destination: "people", key: ["id"])
    ) throws -> WireOpenRun {
        let job = JobSpec(name: "copy", source: "from", destination: "to", streams: [stream])
        return try WireOpenRun.with {
            $0.run = run.wire
            $0.installation = installation.wire
            $0.jobJson = try Self.json(job)
            $0.sourceJson = try Self.json(sourceSpec)
            $0.destinationJson = try Self.json(destinationSpec)
            $0.streamIndexes = [0]
        }
    }

    static func json(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
}

extension PlayedCoordinator {
    /// A worker that has opened the run and waits for work.
    func open(
        records: Int,
        constraint: String = "",
        terms: (inout WireWelcome) -> Void = { _ in }
    ) throws -> Fixture {
        try welcome(terms)
        let fixture = try Fixture(in: scratch, records: records, constraint: constraint)
        try say(.openRun(try fixture.openRun(run, installation)))
        let opened = try hear(\.runOpened)
        try #require(opened.streams.count == 1)
        return fixture
    }

    /// Assigns the records with `after` < id <= `through`.
    @discardableResult
    func assign(after: Int? = nil, through: Int? = nil) throws -> AttemptID {
        let attempt = AttemptID.make(milliseconds: 3)
        let range = KeyRange(after: after.map { ["\($0)"] }, through: through.map { ["\($0)"] })
        try say(
            .assign(
                .with {
                    $0.run = run.wire
                    $0.batch = BatchID.make(milliseconds: 4).wire
                    $0.attempt = attempt.wire
                    $0.range = WireKeyRange(range, records: 1)
                    $0.number = 1
                }
            )
        )
        return attempt
    }

    func decide(
        _ verb: WireDecision.Verb,
        _ intent: WireIntent,
        epoch: UInt64? = nil,
        _ change: (inout WireDecision) -> Void = { _ in }
    ) throws {
        var decision = WireDecision.with {
            $0.attempt = intent.attempt
            $0.write = intent.write
            $0.transaction = intent.transaction
            $0.verb = verb
            $0.desired = desired
        }
        change(&decision)
        try say(.decision(decision), epoch: epoch)
    }

    func acknowledge(_ outcome: WireOutcome) throws {
        try say(
            .outcomeAck(
                .with {
                    $0.attempt = outcome.attempt
                    $0.write = outcome.write
                    $0.desired = desired
                }
            )
        )
    }
}
