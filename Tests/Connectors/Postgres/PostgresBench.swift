import Connectors
import Drivers
import Model
import TestSupport

/// A throw-away database with the connectors on both ends and the ids of a run.
final class PostgresBench {
    let server: PostgresServer
    let installation = InstallationID.make(milliseconds: 1)
    let run = RunID.make(milliseconds: 2)
    let attempt = AttemptID.make(milliseconds: 3)

    init(_ sql: String = "") throws {
        server = try PostgresServer()
        if !sql.isEmpty { try server.run(sql) }
    }

    func connection(url: String? = nil) throws -> ResolvedConnection {
        try ResolvedConnection(
            ConnectionSpec(name: "base", type: "postgres", settings: ["url": url ?? server.url]),
            environment: [:],
            readFile: { _ in "" }
        )
    }

    func source() throws -> any Source { try Registry.source(for: connection()) }

    func destination() throws -> any Destination { try Registry.destination(for: connection()) }

    /// A destination with open gate and fence.
    func writer() throws -> any Destination {
        let writer = try destination()
        try writer.openGate(installation: installation, run: run)
        try writer.openFence(identity())
        return writer
    }

    func identity(_ write: WriteID = WriteID.make(milliseconds: 4)) -> WriteIdentity {
        WriteIdentity(installation: installation, run: run, attempt: attempt, write: write)
    }

    /// Rows of a query in canonical encoding, as the source connector would deliver them.
    func batch(_ sql: String) throws -> RowBatch {
        let answer = try server.session.query(PostgresStatement(sql))
        var batch = RowBatch(width: answer.columns)
        withExtendedLifetime(answer) {
            for row in 0..<answer.rows {
                for column in 0..<answer.columns {
                    if let field = answer.unsafeField(row: row, column: column) {
                        batch.append(field)
                    } else {
                        batch.appendNull()
                    }
                }
                batch.endRow()
            }
        }
        return batch
    }

    /// Writes one batch to its end.
    @discardableResult
    func write(
        _ writer: any Destination,
        _ target: Target,
        _ rows: RowBatch,
        rejections: [Int: Rejection] = [:]
    ) throws -> StagedWrite {
        let identity = identity(WriteID.make(milliseconds: 5))
        let staged = try writer.stage(identity, target: target, rows: rows, rejections: rejections)
        try writer.apply()
        _ = try writer.commit()
        return staged
    }
}

extension RowBatch {
    /// All fields as bytes, for comparing.
    var fields: [[[UInt8]?]] {
        (0..<count).map { row in (0..<width).map { field(row: row, column: $0) } }
    }

    /// A column of UTF-8 text.
    func texts(_ column: Int) -> [String?] {
        (0..<count).map { row in
            field(row: row, column: column).map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
