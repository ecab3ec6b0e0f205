import Drivers
import Model

/// The table in which every committed write leaves its row, inside its own transaction: the row is there exactly when
/// the write's rows are.
struct SQLiteMarkers {
    static let table = "sluice_marker"
    /// How long the markers of a run stay after its last one.
    static let retention = Duration.seconds(24 * 60 * 60)
    /// Stands in the place of a write: `at` is the age up to which markers have been removed.
    private static let horizon = "removed"

    let connection: SQLiteConnection

    func exists() throws(SQLiteError) -> Bool {
        let find = try connection.statement(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '\(Self.table)'"
        )
        defer { find.reset() }
        _ = try find.step()
        return find.integer(at: 0) == 1
    }

    /// Makes the table if it is missing and removes what is old. Takes the write lock only if there is something to do.
    func prepare(for run: RunID, at now: Timestamp) throws(SQLiteError) {
        let limit = now.advanced(by: .zero - Self.retention)
        let isThere = try exists()
        if isThere, try newestOld(but: run, before: limit) == nil { return }
        do {
            try connection.execute("BEGIN IMMEDIATE")
        } catch  where isThere && error.condition == .busy {
            // What is old goes when somebody opens a gate while nobody writes.
            return
        }
        do {
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS \(Self.table)
                (write TEXT PRIMARY KEY, attempt TEXT, run TEXT, installation TEXT, at INTEGER NOT NULL) WITHOUT ROWID
                """
            )
            try removeOld(but: run, before: limit)
            try connection.execute("COMMIT")
        } catch {
            if connection.isInTransaction { try connection.execute("ROLLBACK") }
            throw error
        }
    }

    func leave(_ identity: WriteIdentity, at now: Timestamp) throws(SQLiteError) {
        let insert = try connection.statement("INSERT INTO \(Self.table) VALUES (?, ?, ?, ?, ?)")
        try insert.bind(identity.write.description, at: 1)
        try insert.bind(identity.attempt.description, at: 2)
        try insert.bind(identity.run.description, at: 3)
        try insert.bind(identity.installation.description, at: 4)
        try insert.bind(.integer(now.microseconds), at: 5)
        try insert.run()
    }

    /// When the write committed; nil: it left no marker.
    func find(_ write: WriteID) throws(SQLiteError) -> Timestamp? {
        try at(write.description)
    }

    /// A marker of this write may have been there and removed: it is older than some that were.
    func mayHaveRemoved(_ write: WriteID) throws(SQLiteError) -> Bool {
        guard let removed = try at(Self.horizon) else { return false }
        // The first 48 bits of a UUIDv7 are the milliseconds at which it came to be, which is before it committed.
        return write.high >> 16 <= removed.milliseconds
    }

    private func at(_ write: String) throws(SQLiteError) -> Timestamp? {
        let find = try connection.statement("SELECT at FROM \(Self.table) WHERE write = ?")
        defer { find.reset() }
        try find.bind(write, at: 1)
        guard try find.step() else { return nil }
        return Timestamp(microseconds: find.integer(at: 0))
    }

    /// The newest marker among the runs whose last one is older than `limit`.
    private func newestOld(but run: RunID, before limit: Timestamp) throws(SQLiteError) -> Timestamp? {
        let find = try connection.statement(
            """
            SELECT max(last) FROM (SELECT max(at) AS last FROM \(Self.table)
            WHERE run <> ? GROUP BY run HAVING max(at) < ?)
            """
        )
        defer { find.reset() }
        try find.bind(run.description, at: 1)
        try find.bind(.integer(limit.microseconds), at: 2)
        _ = try find.step()
        guard case .integer(let microseconds) = find.value(at: 0) else { return nil }
        return Timestamp(microseconds: microseconds)
    }

    private func removeOld(but run: RunID, before limit: Timestamp) throws(SQLiteError) {
        guard let newest = try newestOld(but: run, before: limit) else { return }
        let remove = try connection.statement(
            """
            DELETE FROM \(Self.table) WHERE run IN
            (SELECT run FROM \(Self.table) WHERE run <> ? GROUP BY run HAVING max(at) < ?)
            """
        )
        try remove.bind(run.description, at: 1)
        try remove.bind(.integer(limit.microseconds), at: 2)
        try remove.run()
        let remember = try connection.statement(
            """
            INSERT INTO \(Self.table) (write, at) VALUES ('\(Self.horizon)', ?)
            ON CONFLICT (write) DO UPDATE SET at = max(at, excluded.at)
            """
        )
        try remember.bind(.integer(newest.microseconds), at: 1)
        try remember.run()
    }
}
