import Drivers
import Model

/// What an open transaction is going to change.
protocol SQLiteChange: AnyObject {
    var identity: WriteIdentity { get }
    /// For errors.
    var table: String { get }
    var isApplied: Bool { get set }

    /// - Returns: the rows that the file refuses.
    func execute(isCareful: Bool) throws -> [Int: Rejection]
}

extension SQLiteDestination: ReplacingDestination {
    func resolve(replacement: Replacement) throws -> Target {
        let new = SQLiteReplacement(replacement: replacement, file: file, connection: try opened())
        try new.make(at: .now)
        let target: Target
        do {
            target = keep(try resolved(replacement))
        } catch let error as SluiceError where error.code == .notFound {
            // The swap of a worker that has died was committed meanwhile: made once more, to be discarded.
            try new.make(at: .now)
            target = keep(try resolved(replacement))
        }
        replacements[target] = replacement
        return target
    }

    /// The new table as a target under the name of the one that it replaces.
    func resolved(_ replacement: Replacement) throws -> SQLiteTarget {
        let new = SQLiteReplacement(replacement: replacement, file: file, connection: try opened()).newTable
        var resolved = try resolved(new, replacement.columns.map(\.name), replacement.key, .replace)
        resolved.target.table = replacement.table
        return resolved
    }

    func stageSwap(_ identity: WriteIdentity, target: Target, records: Int) throws -> StagedWrite {
        precondition(open == nil, "write \(identity.write) is staged while another one is open")
        do {
            let connection = try opened()
            guard let replacement = replacements[target] else {
                throw SluiceError(.internal, "table \"\(target.table)\" was not resolved to be replaced")
            }
            try begin(connection)
            let swap = SQLiteSwap(
                identity,
                SQLiteReplacement(replacement: replacement, file: file, connection: connection)
            )
            try swap.requireRecords(records)
            open = swap
            return StagedWrite(
                transaction: "",
                system: file.inode().map { "inode:\($0)" } ?? "",
                plans: [],
                before: RowBatch(width: target.fields.count),
                isApplied: false
            )
        } catch {
            throw failure(error, "replacing \"\(target.table)\"")
        }
    }

    func discard(installation: InstallationID, run: RunID) throws {
        let connection = try opened()
        try file.translating("removing what run \(run) left") {
            try SQLiteReplacement.discard(run: run, on: connection)
            try SQLiteLedger.discard(run, connection)
        }
    }
}

/// A new table takes the place of the old one.
private final class SQLiteSwap: SQLiteChange {
    let identity: WriteIdentity
    var isApplied = false
    private let replacement: SQLiteReplacement

    init(_ identity: WriteIdentity, _ replacement: SQLiteReplacement) {
        self.identity = identity
        self.replacement = replacement
    }

    var table: String { replacement.replacement.table }

    func requireRecords(_ records: Int) throws {
        let found = try replacement.count()
        guard found == records else {
            throw SluiceError(
                .conflict,
                "connection \"\(replacement.file.connection)\": the new table \"\(replacement.newTable)\" of \"\(table)\""
                    + " holds \(found) records, \(records) were written to it; somebody changed it"
            )
        }
    }

    func execute(isCareful: Bool) throws -> [Int: Rejection] {
        try replacement.swap(at: .now)
        return [:]
    }
}
