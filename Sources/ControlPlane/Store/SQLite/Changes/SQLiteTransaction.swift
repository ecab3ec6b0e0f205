import Foundation
import GRDB
import Model

/// Changes being applied in one transaction of the leader. Whatever is thrown rolls all of them back.
struct SQLiteTransaction {
    let database: Database
    let epoch: UInt64

    /// A store whose epoch has moved on (another host took over in spite of the lock) takes nothing from us.
    func requireLeadership() throws {
        let statement = try database.cachedStatement(sql: "SELECT epoch FROM meta")
        let current = try Int64.fetchOne(statement)
        guard current == Int64(epoch) else {
            throw StoreError.failed(
                detail: "this process led epoch \(epoch), the store is at \(current ?? 0): another one leads"
            )
        }
    }

    func apply(_ change: StoreChange) throws {
        switch change {
        case .putConnection(let connection, let at): try put(connection, at: at)
        case .freeze(let freeze): try insert(freeze)
        case .unfreeze(let connection): try execute("DELETE FROM freezes WHERE connection = ?", [connection])
        case .putJob(let job, let actor): try put(job, actor: actor)
        case .setJobPaused(let job, let paused, let reason, let at):
            try setPaused(job: job, paused: paused, reason: reason, at: at)
        case .insertRun(let run): try insert(run)
        case .updateRun(let run, let from): try update(run, from: from)
        case .listRetries(let run): try listRetries(of: run)
        case .insertBatches(let batches): for batch in batches { try insert(batch) }
        case .setBatch(let id, let state, let from, let attempts):
            try setBatch(id, state: state, from: from, attempts: attempts)
        case .setCrashes(let id, let crashes):
            try execute("UPDATE batches SET crashes = ? WHERE id = ?", [crashes, id.blob])
        case .setBatches(let run, let state, let from): try setBatches(run: run, state: state, from: from)
        case .insertAttempt(let attempt): try insert(attempt)
        case .setAttempt(let id, let state, let from, let reason):
            try setAttempt(id, state: state, from: from, reason: reason)
        case .insertWorker(let worker): try insert(worker)
        case .updateWorker(let worker): try update(worker)
        case .insertWrite(let write): try insert(write)
        case .withdrawPermit(let id): try withdrawPermit(id)
        case .endWrite(let id, let ending, let detail, let at):
            try endWrite(id, ending: ending, detail: detail, at: at)
        case .audit(let record): try insert(record)
        case .log(let line): try insert(line)
        }
    }

    /// Runs a statement that the connection keeps prepared; returns the number of rows it changed.
    @discardableResult
    func execute(_ sql: String, _ arguments: StatementArguments) throws -> Int {
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
        return database.changesCount
    }

    /// The first column of the first row as text, for saying what was found instead of what was expected.
    func found(_ sql: String, _ arguments: StatementArguments) throws -> String? {
        try String.fetchOne(database.cachedStatement(sql: sql), arguments: arguments)
    }
}
