import Connectors
import Model

/// What these tests know only by SQL, as text: values in `ValueText` form, NULL as nil.
extension SQLiteSubject {
    /// Reads columns of a stream through the connector.
    func read(
        _ stream: String,
        _ columns: [String],
        key: [String],
        range: KeyRange = KeyRange(),
        by source: (any Source)? = nil
    ) throws -> [[String?]] {
        let source = try source ?? self.source()
        let described = try source.discover(stream: stream)[0].columns
        let types = columns.map { name in described.first { $0.name == name }?.type ?? .text }
        var batch = RowBatch(width: columns.count)
        try source.read(Scan(stream: stream, columns: columns, key: key), range: range, into: &batch)
        return Self.text(batch, types)
    }

    static func text(_ batch: RowBatch, _ types: [ValueType]) -> [[String?]] {
        (0..<batch.count).map { row in
            types.enumerated().map { column, type in
                batch.withField(row: row, column: column) { $0.map { ValueText.render($0, as: type) } }
            }
        }
    }

    static func batch(_ rows: [[String?]], for target: Target) throws -> RowBatch {
        var batch = RowBatch(width: target.fields.count)
        for row in rows {
            for (value, field) in zip(row, target.fields) {
                guard let value else {
                    batch.appendNull()
                    continue
                }
                var bytes: [UInt8] = []
                try ValueText.parse(value, as: field.type, into: &bytes)
                batch.append(bytes)
            }
            batch.endRow()
        }
        return batch
    }

    /// A destination that is ready to write to a table, as one attempt.
    func writer(_ table: String, _ fields: [String], key: [String]) throws -> SQLiteWriter {
        try SQLiteWriter(destination(), table, fields, key)
    }
}

/// The calls of one attempt in their order.
final class SQLiteWriter {
    let destination: any Destination
    let target: Target
    let run = RunID.make(milliseconds: 1_767_225_600_000)
    let installation = InstallationID.make(milliseconds: 1_767_225_600_000)
    private let attempt = AttemptID.make(milliseconds: 1_767_225_600_000)

    init(_ destination: any Destination, _ table: String, _ fields: [String], _ key: [String]) throws {
        self.destination = destination
        try destination.openGate(installation: installation, run: run)
        target = try destination.resolve(table: table, fields: fields, key: key)
    }

    deinit {
        destination.close()
    }

    func identity(_ write: WriteID = .make(milliseconds: 1_767_225_600_000)) -> WriteIdentity {
        WriteIdentity(installation: installation, run: run, attempt: attempt, write: write)
    }

    func stage(
        _ rows: [[String?]],
        as identity: WriteIdentity? = nil,
        rejections: [Int: Rejection] = [:]
    ) throws -> StagedWrite {
        try destination.stage(
            identity ?? self.identity(),
            target: target,
            rows: try SQLiteSubject.batch(rows, for: target),
            rejections: rejections
        )
    }

    /// Stages, applies and commits; where applying rejects rows, once more without them.
    func write(_ rows: [[String?]]) throws -> StagedWrite {
        do {
            return try writeOnce(rows)
        } catch WriteFailure.rejected(let rejections) {
            return try writeOnce(rows, rejections)
        }
    }

    private func writeOnce(_ rows: [[String?]], _ rejections: [Int: Rejection] = [:]) throws -> StagedWrite {
        let staged = try stage(rows, rejections: rejections)
        try destination.apply()
        _ = try destination.commit()
        return staged
    }

    func before(_ staged: StagedWrite) -> [[String?]] {
        SQLiteSubject.text(staged.before, target.fields.map(\.type))
    }

    func after(_ staged: StagedWrite) -> [[String?]]? {
        staged.after.map { SQLiteSubject.text($0, target.fields.map(\.type)) }
    }
}
