import Drivers
import Model

#if canImport(Glibc)
import Glibc
#endif

/// Records into the tables of an SQLite file, which must exist; its journal mode stays as it is.
///
/// A write is one transaction, begun IMMEDIATE and so alone in the file, that ends with its marker row. There is no
/// fence: a write that was permitted may commit until its process is proven dead. After SIGKILL the next to open the
/// file rolls an unfinished write back, so the marker tells for certain what became of it.
final class SQLiteDestination: Destination {
    static let capabilities = DestinationCapabilities(
        idempotency: .transactional,
        hasFence: false,
        isSingleWriter: true,
        writeModes: [.upsert, .append, .replace, .mirror]
    )

    /// How long a write waits for another writer: less than an intent waits for its answer.
    private static let writePatience = Duration.seconds(1)
    /// How long COMMIT waits for readers of a file without WAL; while it does none can begin.
    private static let commitPatience = Duration.seconds(2)

    let file: SQLiteFile
    private var connection: SQLiteConnection?
    var targets: [Target: SQLiteTarget] = [:]
    /// By target in write mode `replace`.
    var replacements: [Target: Replacement] = [:]
    var open: (any SQLiteChange)?

    init(_ connection: ResolvedConnection) throws {
        file = try SQLiteFile(connection)
    }

    func check() throws -> [String] {
        let connection = try opened()
        try file.translating("writing") {
            try connection.execute("BEGIN IMMEDIATE")
            try connection.execute("ROLLBACK")
        }
        return ["written to by one process at a time, behind a marker row"]
    }

    func discover(stream: String?) throws -> [StreamDescription] {
        let catalog = SQLiteCatalog(file: file, connection: try opened())
        return (try stream.map { [try catalog.table($0)] } ?? catalog.all()).map(\.description)
    }

    func openGate(installation: InstallationID, run: RunID) throws {
        let markers = SQLiteMarkers(connection: try opened())
        try file.translating("preparing the marker table") { try markers.prepare(for: run, at: .now) }
    }

    func resolve(table: String, fields: [String], key: [String]) throws -> Target {
        try resolve(table: table, fields: fields, key: key, mode: .upsert)
    }

    func resolve(table: String, fields: [String], key: [String], mode: WriteMode) throws -> Target {
        keep(try resolved(table, fields, key, mode))
    }

    func keep(_ resolved: SQLiteTarget) -> Target {
        targets[resolved.target] = resolved
        return resolved.target
    }

    func openFence(_ identity: WriteIdentity) throws {}

    func stage(
        _ identity: WriteIdentity,
        target: Target,
        rows: RowBatch,
        rejections: [Int: Rejection]
    ) throws -> StagedWrite {
        precondition(open == nil, "write \(identity.write) is staged while another one is open")
        precondition(rows.width == target.fields.count, "rows of \(rows.width) fields for \(target.fields.count)")
        do {
            return try stage(identity, target, rows, rejections, isCareful: false)
        } catch {
            throw failure(error, "staging a write to \"\(target.table)\"")
        }
    }

    func apply() throws {
        guard let write = open else { throw WriteFailure.rolledBack(reason: "no write is open") }
        guard !write.isApplied else { return }
        do {
            let connection = try opened()
            var refused = try write.execute(isCareful: false)
            if refused.isEmpty, connection.hasDeferredViolations {
                refused = try refusedOneByOne(write, on: connection)
            }
            guard refused.isEmpty else { throw WriteFailure.rejected(refused) }
            try (write as? SQLiteWrite)?.own()
            write.isApplied = true
        } catch {
            throw failure(error, "writing to \"\(write.table)\"")
        }
    }

    func commit() throws -> Timestamp {
        guard let write = open, write.isApplied else {
            rollBack()
            throw WriteFailure.rolledBack(reason: "no write is open and applied")
        }
        let connection: SQLiteConnection
        do {
            connection = try opened()
            try SQLiteMarkers(connection: connection).leave(write.identity, at: .now)
        } catch {
            throw failure(error, "leaving the marker of a write to \"\(write.table)\"")
        }
        do {
            connection.setBusyTimeout(Self.commitPatience)
            defer { connection.setBusyTimeout(SQLiteFile.patience) }
            try connection.statement("COMMIT").run()
        } catch  where error.condition == .inputOutput {
            rollBack()
            // The device failed at an unknown point, possibly behind the one that decides.
            throw WriteFailure.unsure(reason: "\(file.describe(error, "COMMIT"))")
        } catch {
            throw failure(error, "committing a write to \"\(write.table)\"")
        }
        open = nil
        return .now
    }

    func rollBack() {
        open = nil
        guard let connection, connection.isInTransaction else { return }
        do {
            try connection.execute("ROLLBACK")
        } catch {
            // The transaction ends with its connection; who opens the file next undoes what it left.
            disconnect()
        }
    }

    func closeGate(installation: InstallationID, run: RunID, attempts: [AttemptID], transactions: [String]) throws {}

    func closeFence(installation: InstallationID, run: RunID, attempt: AttemptID, transactions: [String]) throws {}

    func evidence(of write: WriteInDoubt) throws -> WriteEvidence {
        try SQLiteEvidence(file: file).evidence(of: write)
    }

    func close() {
        rollBack()
        disconnect()
    }

    private func disconnect() {
        open = nil
        targets = [:]
        replacements = [:]
        connection = nil
    }

    func opened() throws -> SQLiteConnection {
        if let connection { return connection }
        let opened = try file.openForWriting()
        connection = opened
        return opened
    }

    func resolved(
        _ table: String,
        _ fields: [String],
        _ key: [String],
        _ mode: WriteMode
    ) throws -> SQLiteTarget {
        let connection = try opened()
        let version = try file.translating("resolving table \"\(table)\"") { try schemaVersion(connection) }
        let described = try SQLiteCatalog(file: file, connection: connection).table(table)
        return try SQLiteTarget(
            described,
            fields: fields,
            key: key,
            mode: mode,
            schemaVersion: version,
            in: file
        )
    }

    private func stage(
        _ identity: WriteIdentity,
        _ target: Target,
        _ rows: RowBatch,
        _ rejections: [Int: Rejection],
        isCareful: Bool
    ) throws -> StagedWrite {
        let connection = try opened()
        try begin(connection)
        let resolved = try current(target, connection)
        let write = SQLiteWrite(identity, to: resolved, rows: rows, rejections: rejections, on: connection)
        try write.decide()
        var after: RowBatch?
        if resolved.writesInStage {
            write.reject(try write.execute(isCareful: isCareful || resolved.hasTriggers))
            guard connection.isInTransaction else {
                throw WriteFailure.rejected(write.rejections.filter { rejections[$0.key] == nil })
            }
            if connection.hasDeferredViolations {
                precondition(!isCareful, "a row was taken back and its violation stayed")
                try connection.execute("ROLLBACK")
                return try stage(identity, target, rows, rejections, isCareful: true)
            }
            after = try write.readBack().get()
            try write.own()
            write.isApplied = true
        } else {
            after = write.foreseen()
        }
        open = write
        return StagedWrite(
            transaction: "",
            system: file.inode().map { "inode:\($0)" } ?? "",
            plans: write.plans,
            before: write.before,
            after: after,
            rejections: write.rejections,
            isApplied: write.isApplied
        )
    }

    func begin(_ connection: SQLiteConnection) throws {
        connection.setBusyTimeout(Self.writePatience)
        defer { connection.setBusyTimeout(SQLiteFile.patience) }
        try connection.statement("BEGIN IMMEDIATE").run()
        guard !connection.hasMoved else {
            throw SluiceError(
                .conflict,
                "connection \"\(file.connection)\": file \(file.path) was moved or replaced while it was open",
                isRetriable: true
            )
        }
    }

    /// The target as it was resolved; looked at again if the file's tables have changed since.
    func current(_ target: Target, _ connection: SQLiteConnection) throws -> SQLiteTarget {
        if let known = targets[target], known.schemaVersion == (try schemaVersion(connection)) { return known }
        let names = target.fields.map(\.name)
        var again =
            if let replacement = replacements[target] {
                try resolved(replacement)
            } else {
                try resolved(target.table, names, target.key.map { names[$0] }, target.mode)
            }
        if let ledger = target.ledger { again = again.keeping(ledger) }
        guard again.target == target else {
            throw SluiceError(
                .conflict,
                "connection \"\(file.connection)\": table \"\(target.table)\" was changed while it was written to; "
                    + "start the run again"
            )
        }
        targets[target] = again
        return again
    }

    private func schemaVersion(_ connection: SQLiteConnection) throws(SQLiteError) -> Int64 {
        let pragma = try connection.statement("PRAGMA schema_version")
        defer { pragma.reset() }
        _ = try pragma.step()
        return pragma.integer(at: 0)
    }

    /// A deferred foreign key is violated by some rows: finds them in a transaction that is given up.
    private func refusedOneByOne(
        _ write: any SQLiteChange,
        on connection: SQLiteConnection
    ) throws -> [Int: Rejection] {
        try connection.execute("ROLLBACK")
        try begin(connection)
        let refused = try write.execute(isCareful: true)
        guard !refused.isEmpty else {
            throw WriteFailure.rolledBack(reason: "a foreign key that was violated is no longer")
        }
        return refused
    }

    /// Ends the transaction and says what the error means for the write.
    func failure(_ error: any Error, _ what: String) -> WriteFailure {
        rollBack()
        switch error {
        case let failure as WriteFailure:
            return failure
        case let error as SQLiteError where error.condition == .busy:
            return .rolledBack(reason: file.describe(error, what).message)
        case let error as SQLiteError:
            return .failed(file.describe(error, what))
        case let error as SluiceError:
            return .failed(error)
        default:
            return .failed(SluiceError(.internal, "\(what): \(error)"))
        }
    }
}

extension Timestamp {
    /// The system's wall clock.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
