import Drivers
public import Model

/// PostgreSQL as a source: planning by stepping through the key's index, reading by binary COPY of key ranges.
///
/// Everything happens in one read-only REPEATABLE READ transaction that `openSnapshot` opens, in a savepoint, so that
/// an error does not cost the view.
public final class PostgresSource: Source {
    private let settings: PostgresSettings
    private var session: PostgresSession?
    private var tables: [String: PostgresTable] = [:]
    private var queries: [Scan: PostgresScan] = [:]
    private var hasView = false

    /// Reads nothing yet.
    ///
    /// - Throws: `invalid` for settings that are missing or unknown.
    public init(_ connection: ResolvedConnection) throws {
        settings = try PostgresSettings(connection)
    }

    public func check() throws {
        try connected().run("SELECT 1")
    }

    public func discover(stream: String?) throws -> [StreamDescription] {
        let catalog = PostgresCatalog(session: try connected())
        if let stream {
            return [try catalog.table(named: stream).description(as: stream)]
        }
        return try catalog.tables().map { table in
            table.description(
                as: PostgresName.plain(
                    schema: table.schema,
                    table: table.name,
                    defaultSchema: settings.schema
                )
            )
        }
    }

    public func openSnapshot(adopting token: String?) throws -> String? {
        let session = try connected()
        guard !hasView else {
            throw SluiceError(.internal, "\(settings.place): a view of the data is open already")
        }
        do {
            try session.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            if let token {
                try session.connection.execute(
                    "SET TRANSACTION SNAPSHOT \(PostgresName.literal(token))"
                )
            }
            let exported = try session.connection.execute("SELECT pg_export_snapshot()")
            // An error rolls back to here and the view stays. An export is not possible inside a savepoint.
            try session.connection.execute("SAVEPOINT view")
            hasView = true
            return exported.last?.text(row: 0, column: 0)
        } catch let error as PostgresError {
            if !error.isConnectionLost { try session.run("ROLLBACK") }
            guard token != nil, ["22023", "55000"].contains(error.sqlState) else {
                throw PostgresFailure.running(error, settings.place)
            }
            throw SluiceError(
                .conflict,
                "\(settings.place): the shared view of the data is gone, its holder ended (\(error.message))",
                isRetriable: true
            )
        }
    }

    public func plan(
        _ scan: Scan,
        recordsPerRange: Int,
        range: KeyRange,
        emit: (PlannedRange) throws -> Void
    ) throws {
        guard recordsPerRange > 0 else {
            throw SluiceError(.invalid, "recordsPerRange is \(recordsPerRange); at least 1 is needed")
        }
        try viewed { session in
            let query = try self.query(for: scan, session)
            try query.refuseNullKeys(session)
            let planning = PostgresPlanning(session: session, query: query, recordsPerRange: recordsPerRange)
            guard query.goesByPlaces else { return try planning.run(range, emit: emit) }
            let places = try self.places(of: query, session)
            try planning.run(try places.checked(range)) { try emit(places.marked($0)) }
        }
    }

    public func read(_ scan: Scan, range: KeyRange, into batch: inout RowBatch) throws {
        guard batch.width == scan.columns.count else {
            throw SluiceError(
                .internal,
                "a batch of width \(batch.width) was handed to a scan of \(scan.columns.count) columns"
            )
        }
        // Moved out and back, so that the arrays inside are never shared and copied.
        var rows = batch
        batch = RowBatch(width: rows.width)
        defer { batch = rows }
        try viewed { session in
            let query = try self.query(for: scan, session)
            let range = query.goesByPlaces ? try self.places(of: query, session).checked(range) : range
            let sql = try query.copy(range)
            try session.connection.copyOut(sql) { message in
                try CopyParser.append(message, to: &rows)
            }
        }
    }

    public func close() {
        session?.close()
        session = nil
        hasView = false
        tables = [:]
        queries = [:]
    }

    private func places(of query: PostgresScan, _ session: PostgresSession) throws -> PostgresPlaces {
        guard hasView else {
            throw SluiceError(.internal, "\(settings.place): places are read without a view of the data")
        }
        return try PostgresPlaces(query, session)
    }

    private func connected() throws -> PostgresSession {
        if let session {
            if session.isOpen { return session }
            let lostView = hasView
            close()
            guard !lostView else {
                throw SluiceError(
                    .unreachable,
                    "\(settings.place): the connection broke and with it the view of the data",
                    isRetriable: false
                )
            }
        }
        let opened = try PostgresSession(
            settings,
            applicationName: "sluice/source",
            parameters: [
                "client_connection_check_interval": "100ms",
                "idle_in_transaction_session_timeout": "0",
                "idle_session_timeout": "0",
                "statement_timeout": "0",
                "lock_timeout": "10s",
                // A range is a small part of the table: never scan all of it where an index leads there.
                "enable_seqscan": "off",
                "max_parallel_workers_per_gather": "0",
            ]
        )
        session = opened
        return opened
    }

    private func query(for scan: Scan, _ session: PostgresSession) throws -> PostgresScan {
        if let known = queries[scan] { return known }
        let table = try tables[scan.stream] ?? PostgresCatalog(session: session).table(named: scan.stream)
        tables[scan.stream] = table
        let made = try PostgresScan(scan, table: table, place: settings.place)
        queries[scan] = made
        return made
    }

    /// Runs inside the open view, which an error does not end.
    private func viewed(_ body: (PostgresSession) throws -> Void) throws {
        let session = try connected()
        do {
            try body(session)
        } catch {
            if hasView, session.isOpen { try session.run("ROLLBACK TO view") }
            guard let error = error as? PostgresError else { throw error }
            throw PostgresFailure.running(error, settings.place)
        }
    }
}
