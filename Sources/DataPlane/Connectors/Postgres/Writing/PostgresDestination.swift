import Drivers
public import Model

/// PostgreSQL as a destination: one batch is one transaction, fenced by rows in the schema `sluice`.
///
/// A row that exists is updated by the tuple version that was read (`ctid` and `xmin`): the optimistic lock by which a
/// before-image is exactly what the write replaced. Killed at any instruction, what became of the write is found by its
/// transaction id once the fence is closed.
public final class PostgresDestination: Destination {
    public static let capabilities = DestinationCapabilities(
        idempotency: .transactional,
        hasFence: true,
        isSingleWriter: false,
        writeModes: [.upsert, .append, .replace, .mirror]
    )

    let settings: PostgresSettings
    private var link: PostgresLink?
    var plans: [Target: PostgresTargetPlan] = [:]
    /// By target in write mode `replace`.
    var replacements: [Target: Replacement] = [:]
    var open: OpenWrite?

    /// Connects on first use.
    ///
    /// - Throws: `invalid` for settings that are missing or unknown.
    public init(_ connection: ResolvedConnection) throws {
        settings = try PostgresSettings(connection)
    }

    /// The name under which the sessions of an attempt are found at the server.
    static func applicationName(_ attempt: AttemptID) -> String { "sluice/\(attempt)" }

    public func check() throws -> [String] {
        let session = try connected().session
        let answer = try session.run(
            """
            SELECT pg_is_in_recovery(), has_database_privilege(current_database(), 'TEMPORARY'),
                to_regnamespace('sluice') IS NOT NULL
            """
        )
        guard !answer.bool(row: 0, column: 0) else {
            throw SluiceError(
                .unsupported,
                "\(settings.place): the server is a read-only standby; write to its primary"
            )
        }
        guard answer.bool(row: 0, column: 1) else {
            throw SluiceError(
                .denied,
                "\(settings.place): the role may not make temporary tables; GRANT TEMPORARY ON DATABASE to it"
            )
        }
        let rights = try PostgresRights.note(session).map { [$0] } ?? []
        switch try PostgresBarrier.raise(session, makes: false) {
        case .rows:
            let isThere = answer.bool(row: 0, column: 2)
            let schema = isThere ? "in its schema \"sluice\"" : "in a schema \"sluice\", which the first run makes"
            return rights + ["as a destination: the database itself refuses writes of stopped runs, \(schema)"]
        case .sessions(let reason):
            return rights + ["as a destination: stopped runs are kept from writing by ending their sessions; \(reason)"]
        }
    }

    public func discover(stream: String?) throws -> [StreamDescription] {
        let catalog = PostgresCatalog(session: try connected().session)
        if let stream {
            return [try catalog.table(named: stream).description(as: stream)]
        }
        return try catalog.tables().map { table in
            let (schema, name) = (table.schema, table.name)
            return table.description(
                as: PostgresName.plain(schema: schema, table: name, defaultSchema: settings.schema)
            )
        }
    }

    public func openGate(installation: InstallationID, run: RunID) throws {
        try administering { session in
            guard try self.connected().barrier() == .rows else { return }
            try PostgresFence.openGate(session, installation: installation, run: run)
        }
    }

    public func resolve(table: String, fields: [String], key: [String]) throws -> Target {
        try resolve(table: table, fields: fields, key: key, mode: .upsert)
    }

    public func resolve(table: String, fields: [String], key: [String], mode: WriteMode) throws -> Target {
        let session = try connected().session
        let found = try PostgresCatalog(session: session).table(named: table)
        try PostgresRights.require(on: found, for: mode, as: table, session)
        let columns = try fields.map {
            try PostgresScan.column($0, of: found, stream: table, place: settings.place)
        }
        for name in key {
            _ = try PostgresScan.column(name, of: found, stream: table, place: settings.place)
        }
        try found.requireWritable(columns, key: key, mode, as: table, place: settings.place)
        if mode.isByKey { try found.requireUnique(key, as: table, place: settings.place) }
        let traits = try PostgresTraits(of: found, fields: columns, key: key, session)
        guard mode.isByKey || !traits.hasForeignPartitions else {
            throw SluiceError(
                .unsupported,
                "\(settings.place): a partition of table \"\(table)\" is a foreign table, whose rows could be there twice after a"
                    + " failure; append to its other partitions, or upsert"
            )
        }
        let plan = PostgresTargetPlan(
            table: found,
            fields: columns,
            key: try found.keyIndexes(key, in: fields, as: table, place: settings.place),
            traits: traits,
            number: plans.count + 1,
            isAppend: mode == .append
        )
        var target = plan.target
        target.table = table
        target.mode = mode
        // Resolved again: the temporary objects of the session fit the same target.
        if plans[target] == nil { plans[target] = plan }
        return target
    }

    public func openFence(_ identity: WriteIdentity) throws {
        try administering { session in
            try self.connected().rename(Self.applicationName(identity.attempt))
            guard try self.connected().barrier() == .rows else { return }
            try PostgresFence.openFence(session, identity)
        }
    }

    public func stage(
        _ identity: WriteIdentity,
        target: Target,
        rows: RowBatch,
        rejections: [Int: Rejection]
    ) throws -> StagedWrite {
        try stage(identity, target: target, rows: rows, rejections: rejections, early: false)
    }

    private func stage(
        _ identity: WriteIdentity,
        target: Target,
        rows: RowBatch,
        rejections: [Int: Rejection],
        early: Bool
    ) throws -> StagedWrite {
        try writing {
            guard open == nil else { throw SluiceError(.internal, "\(settings.place): a write is open already") }
            guard let plan = plans[target], rows.width == target.fields.count else {
                throw SluiceError(.internal, "\(settings.place): table \(target.table) was not resolved")
            }
            let link = try connected()
            try link.rename(Self.applicationName(identity.attempt))
            guard !plan.isAppend else {
                var loading = PostgresLoading(link, plan, rows, rejections)
                let staged = try loading.run()
                open = OpenWrite(identity, plan, staged, of: rows, rejections)
                return staged
            }
            var staging = PostgresStaging(link, identity, plan, rows, rejections)
            let (staged, write) = try staging.run(early: early)
            open = write
            return staged
        }
    }

    public func apply() throws {
        guard let write = open else {
            throw WriteFailure.failed(SluiceError(.internal, "\(settings.place): nothing is staged"))
        }
        guard !write.isApplied else { return }
        if let replacement = write.replacement {
            try swapping { try replacement.swap() }
            open?.isApplied = true
            return
        }
        do {
            try writing {
                let intended = write.updates + write.inserts
                let written = try PostgresApplying.run(
                    try connected(),
                    write.plan,
                    updates: write.updates,
                    inserts: write.inserts
                )
                guard written == intended else {
                    throw PostgresApplying.somebodyWasFaster(write.plan, written, intended)
                }
                open?.isApplied = true
            }
        } catch WriteFailure.failed(let error) where error.code == .invalid {
            try findRefused(write, error)
        }
    }

    /// The server refused some row: stages once more, writing at once, to learn which; nothing stays written.
    private func findRefused(_ write: OpenWrite, _ error: SluiceError) throws {
        guard let target = plans.first(where: { $0.value.number == write.plan.number })?.key else {
            throw WriteFailure.failed(error)
        }
        let staged = try stage(
            write.identity,
            target: target,
            rows: write.rows,
            rejections: write.rejections,
            early: true
        )
        rollBack()
        let refused = staged.rejections.filter { write.rejections[$0.key] == nil }
        guard !refused.isEmpty else {
            throw WriteFailure.rolledBack(reason: "\(error.message); tried again, the server took every row")
        }
        throw WriteFailure.rejected(refused)
    }

    public func commit() throws -> Timestamp {
        guard let write = open else {
            throw WriteFailure.failed(SluiceError(.internal, "\(settings.place): nothing is staged"))
        }
        // Seen before COMMIT is sent, the end of the session is the end of the transaction.
        guard let link, link.connection.isAlive() else { throw sessionEnded(write) }
        defer { rollBack() }
        let answers: [PostgresResult]
        do {
            answers = try link.connection.execute(PostgresFence.commitSQL(write.identity, behind: link.barrier()))
        } catch let error as PostgresError {
            // A session ended for being idle in its transaction never saw the COMMIT.
            if error.isConnectionLost, !["25P03", "25P04"].contains(error.sqlState) {
                throw WriteFailure.unsure(
                    reason:
                        "\(settings.place): the connection broke after COMMIT of transaction \(write.transaction) was sent:"
                        + " \(error.message)"
                )
            }
            throw PostgresFailure.writing(error, settings.place)
        }
        guard answers.last?.commandTag == "COMMIT" else {
            throw WriteFailure.rolledBack(
                reason: "\(settings.place): COMMIT of transaction \(write.transaction) was answered"
                    + " \(answers.last?.commandTag ?? "by nothing")"
            )
        }
        return Timestamp(microseconds: SystemClock.wallMicroseconds())
    }

    /// Somebody ended the session of an open write: whoever closed gate or fence, or another for reasons of their own.
    private func sessionEnded(_ write: OpenWrite) -> WriteFailure {
        drop()
        let what = "\(settings.place): the server ended the session before COMMIT was sent"
        do {
            let link = try connected()
            guard try link.barrier() == .rows, try PostgresFence.isClosing(link.session, write.identity) else {
                return .rolledBack(reason: what)
            }
            return .fenced(reason: "\(what); gate or fence is closed")
        } catch {
            return .rolledBack(reason: "\(what); \(error)")
        }
    }

    public func rollBack() {
        open = nil
        guard let link, link.session.isOpen, link.connection.isInTransaction else { return }
        do {
            try link.connection.execute("ROLLBACK")
        } catch {
            // The server rolls back when the connection is gone.
            drop()
        }
    }

    public func closeGate(
        installation: InstallationID,
        run: RunID,
        attempts: [AttemptID],
        transactions: [String]
    ) throws {
        guard !PostgresFence.isTurnedOff else { return }
        try administering { session in
            let closing = PostgresClosing(session: session)
            guard try self.connected().barrier() == .rows else {
                return try closing.endTransactions(attempts: attempts, transactions: transactions)
            }
            try closing.close(.gate(run), installation: installation, attempts: attempts, transactions: transactions)
        }
    }

    public func closeFence(
        installation: InstallationID,
        run: RunID,
        attempt: AttemptID,
        transactions: [String]
    ) throws {
        guard !PostgresFence.isTurnedOff else { return }
        try administering { session in
            let closing = PostgresClosing(session: session)
            guard try self.connected().barrier() == .rows else {
                return try closing.endTransactions(attempts: [attempt], transactions: transactions)
            }
            try closing.close(
                .fence(attempt, run: run),
                installation: installation,
                attempts: [attempt],
                transactions: transactions
            )
        }
    }

    public func evidence(of write: WriteInDoubt) throws -> WriteEvidence {
        var evidence = WriteEvidence.unknowable(detail: "not asked")
        try administering { session in
            // A role that may make the schema has made it before the write: now it is missing, and is not to be made anew.
            let barrier = try PostgresBarrier.raise(session, makes: false)
            guard try barrier != .rows || PostgresFence.isMade(session) else {
                evidence = .unknowable(detail: "the schema \"sluice\" is missing: restored or removed")
                return
            }
            evidence = try PostgresEvidence(session: session, barrier: barrier).of(write)
        }
        return evidence
    }

    public func close() {
        drop()
    }

    // MARK: The session

    func connected() throws -> PostgresLink {
        if let link, link.session.isOpen { return link }
        drop()
        let made = try PostgresLink(settings, applicationName: "sluice/destination")
        link = made
        return made
    }

    private func drop() {
        link?.session.close()
        link = nil
        open = nil
    }

    /// Outside of writes: errors of the driver become `SluiceError`.
    func administering(_ body: (PostgresSession) throws -> Void) throws {
        do {
            try body(try connected().session)
        } catch let error as PostgresError {
            throw PostgresFailure.running(error, settings.place)
        }
    }

    /// Inside of writes: every error becomes a `WriteFailure`, and nothing stays open.
    func writing<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            rollBack()
            switch error {
            case let failure as WriteFailure: throw failure
            case let error as PostgresError: throw PostgresFailure.writing(error, settings.place)
            case let error as SluiceError: throw WriteFailure.failed(error)
            default: throw error
            }
        }
    }
}
