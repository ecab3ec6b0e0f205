import Drivers
import Model

extension SQLiteDestination: LedgerDestination {
    func keep(_ ledger: KeyLedger, of target: Target) throws -> Target {
        guard let known = targets[target] else {
            throw SluiceError(.internal, "connection \"\(file.connection)\": table \(target.table) was not resolved")
        }
        let keeping = known.keeping(ledger)
        let connection = try opened()
        if ledger.isMirror { try requireDeletable(target.table, connection) }
        try file.translating("preparing the ledger of stream \"\(ledger.stream)\"") {
            try keeping.ledger?.open(connection)
        }
        targets[keeping.target] = keeping
        return keeping.target
    }

    func planDeletes(of target: Target) throws -> DeletePlan {
        let connection = try opened()
        return try file.translating("planning what is to be deleted of \"\(target.table)\"") {
            try SQLiteMirror(current(target, connection), on: connection).plan()
        }
    }

    func stageDeletes(
        _ identity: WriteIdentity,
        target: Target,
        numbers: ClosedRange<Int>
    ) throws -> (staged: StagedWrite, rows: RowBatch) {
        precondition(open == nil, "write \(identity.write) is staged while another one is open")
        do {
            let connection = try opened()
            try begin(connection)
            let resolved = try current(target, connection)
            let found = try SQLiteMirror(resolved, on: connection).delete(numbers)
            let write = SQLiteWrite(identity, to: resolved, rows: found.rows, rejections: [:], on: connection)
            write.isApplied = true
            open = write
            var staged = found.staged
            staged.system = file.inode().map { "inode:\($0)" } ?? ""
            return (staged, found.rows)
        } catch {
            throw failure(error, "deleting from \"\(target.table)\"")
        }
    }

    /// - Throws: `unsupported` where deleting a row would do more than that.
    private func requireDeletable(_ table: String, _ connection: SQLiteConnection) throws {
        let find = try connection.statement(
            """
            SELECT m.name FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
            AND f."table" = ? COLLATE NOCASE AND f.on_delete NOT IN ('NO ACTION', 'RESTRICT') LIMIT 1
            """
        )
        defer { find.reset() }
        try find.bind(table, at: 1)
        guard try find.step() else { return }
        throw SluiceError(
            .unsupported,
            "connection \"\(file.connection)\", table \"\(table)\" cannot be mirrored to: to delete a row would change rows of"
                + " \"\(find.string(at: 0) ?? "")\", which references it ON DELETE CASCADE, SET NULL or SET DEFAULT, and nobody"
                + " would know of them; make it ON DELETE RESTRICT, or use write mode upsert"
        )
    }
}
