import Decisions
import Drivers
import Model
import Store

/// The API's side of the coordinator: reads come from the store and the board, everything else is done in the loop.
final class CoordinatorService: ControlService {
    private let store: any Store
    private let mailbox: Mailbox
    private let board: LiveBoard

    init(store: any Store, mailbox: Mailbox, board: LiveBoard) {
        self.store = store
        self.mailbox = mailbox
        self.board = board
    }

    // MARK: jobs

    func apply(_ request: ApplyRequest, actor: String) async throws -> ApplyReply {
        try await perform { try $0.apply(request, actor: actor) }
    }

    func jobs() async throws -> [JobView] {
        try read { try $0.jobs() }.map(view)
    }

    func job(_ name: String) async throws -> JobView {
        try view(read { try $0.knownJob(name) })
    }

    func retries(job: String, limit: Int) async throws -> [RetryView] {
        _ = try await self.job(job)
        return try read { try $0.retries(job: job, limit: limit) }
    }

    func pause(job: String, paused: Bool, actor: String) async throws -> JobView {
        try await perform {
            try $0.pause(job, paused: paused, reason: paused ? "paused by \(actor)" : nil, actor: actor)
        }
        return try await self.job(job)
    }

    // MARK: runs

    func sync(job: String, _ request: SyncRequest) async throws -> RunView {
        try await perform { try $0.sync(job, request) }
    }

    func runs(job: String?, activeOnly: Bool, limit: Int) async throws -> [RunView] {
        if let job { _ = try await self.job(job) }
        return try read { try $0.runs(job: job, activeOnly: activeOnly, limit: limit, before: nil) }.map(view)
    }

    func run(_ reference: String) async throws -> RunView {
        try detailed(record(reference))
    }

    func watch(_ reference: String, since version: UInt64) async throws -> (version: UInt64, run: RunView) {
        let first = try record(reference)
        if version > 0, !first.state.isTerminal {
            try await board.changed(since: version, now: CoordinatorLoop.now)
        }
        let seen = board.version
        let record = try record(reference)
        if !record.state.isTerminal, let closed = board.closed { throw closed }
        return (seen, try view(record))
    }

    func cancel(_ reference: String, _ request: CancelRequest) async throws -> CancelReply {
        let id = try record(reference).id
        let accepted = try await perform { try $0.cancel(id, request) }
        return CancelReply(run: try await run(id.description), accepted: accepted, notes: [])
    }

    func cancelPreview(_ reference: String) async throws -> CancelPreview {
        let id = try record(reference).id
        return try await perform { loop in
            guard let active = loop.runs[id] else {
                return CancelPreview(drainRecords: 0, drainSeconds: 0, uncertainRecords: 0, processes: 0)
            }
            return active.machine.cancelPreview(active.meter.perSecond(loop.now))
        }
    }

    func release(_ reference: String, actor: String) async throws -> RunView {
        let record = try record(reference)
        guard record.state == .held else {
            throw SluiceError(.conflict, "run \(record.number) is \(record.state.rawValue), not held")
        }
        try await perform { loop in
            if let name = loop.runs[record.id]?.destination.name, let freeze = loop.freezes[name] {
                throw SluiceError(.conflict, freeze.said)
            }
            loop.act(on: record.id) { $0.released(actor: actor, loop.now) }
        }
        return try await run(reference)
    }

    func records(_ query: RecordQuery) async throws -> RecordPage {
        if let name = query.stream, let run = try read({ try $0.run(query.run) }),
            !run.streams.contains(where: { $0.isNamed(name) })
        {
            throw SluiceError(.notFound, run.noStream(name))
        }
        let page = try read { try $0.records(query) }
        if page.records.isEmpty, query.cursor == nil, !query.fields.isEmpty {
            let known = try read { try $0.fields(run: query.run) }
            if !known.isEmpty, let name = query.fields.first(where: { !known.contains($0) }) {
                let list = known.joined(separator: ", ")
                throw SluiceError(.notFound, "the run has written no field \"\(name)\"; it has written: \(list)")
            }
        }
        return page
    }

    func logs(_ query: LogQuery) async throws -> [LogLine] {
        try read { try $0.logs(query) }
    }

    // MARK: workers

    func workers() async throws -> [WorkerView] {
        board.workers
    }

    func kill(worker reference: String, actor: String) async throws -> WorkerView {
        let incarnation = try await perform { try $0.killWorker(reference, actor: actor) }
        while board.closed == nil {
            let version = board.version
            guard board.workers.contains(where: { $0.incarnation == incarnation }) else { break }
            try await board.changed(since: version, now: CoordinatorLoop.now)
        }
        guard let record = try read({ try $0.workers(run: nil) }).first(where: { $0.incarnation == incarnation }) else {
            throw SluiceError(.notFound, "worker \(reference) is not in the store")
        }
        let run = try record.run.flatMap { id in try read { try $0.run(id)?.number } }
        return WorkerView(record, run: run, state: .dead, doing: "", bytes: 0)
    }

    // MARK: connections

    func freeze(connection: String, actor: String, reason: String?) async throws -> FreezeReply {
        let runs = try await perform { try $0.freeze(connection, actor: actor, reason: reason) }
        return FreezeReply(connection: connection, isFrozen: true, runs: runs)
    }

    func unfreeze(connection: String, actor: String) async throws -> FreezeReply {
        let runs = try await perform { try $0.unfreeze(connection, actor: actor) }
        return FreezeReply(connection: connection, isFrozen: false, runs: runs)
    }

    func freezes() async throws -> [FreezeRecord] {
        try read { try $0.freezes() }
    }

    func check(connection: String) async throws -> ConnectionReport {
        let spec = try read { try $0.knownConnection(connection) }
        let freeze = try await freezes().first { $0.connection == connection }
        let notes = freeze.map { [$0.said] } ?? []
        do {
            let found = try JSONText.decode([String].self, from: try await errand(.check, on: spec))
            return ConnectionReport(connection: connection, error: nil, notes: found + notes, streams: [])
        } catch let error as SluiceError {
            return ConnectionReport(connection: connection, error: error, notes: notes, streams: [])
        }
    }

    func discover(connection: String, stream: String?) async throws -> ConnectionReport {
        let spec = try read { try $0.knownConnection(connection) }
        let json = try await errand(.discover(stream: stream ?? ""), on: spec)
        let streams = try JSONText.decode([StreamView].self, from: json)
        return ConnectionReport(connection: connection, error: nil, streams: streams)
    }

    private func errand(_ kind: PendingErrand.Kind, on connection: ConnectionSpec) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            let posted = mailbox.post { loop in
                var errand = PendingErrand(
                    kind: kind,
                    connection: connection,
                    deadline: loop.now.advanced(by: CoordinatorLoop.errandDeadline)
                )
                errand.finish = { continuation.resume(with: $0) }
                loop.place(errand)
            }
            if !posted { continuation.resume(throwing: stopped) }
        }
    }

    // MARK: the store and the loop

    /// Asks the store; its errors come out as `SluiceError`.
    private func read<Value>(_ query: (any Store) throws -> Value) throws -> Value {
        do {
            return try query(store)
        } catch let error as StoreError {
            throw SluiceError(error)
        }
    }

    /// Does something in the loop and answers after it is durable.
    private func perform<Value: Sendable>(
        _ body: @escaping @Sendable (CoordinatorLoop) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let posted = mailbox.post { loop in
                do {
                    let value = try body(loop)
                    loop.afterCommit.append { failure in
                        if let failure {
                            continuation.resume(throwing: failure)
                        } else {
                            continuation.resume(returning: value)
                        }
                    }
                } catch {
                    continuation.resume(throwing: (error as? StoreError).map(SluiceError.init) ?? error)
                }
            }
            if !posted { continuation.resume(throwing: stopped) }
        }
    }

    private var stopped: SluiceError {
        board.closed ?? SluiceError(.unreachable, "the coordinator has stopped")
    }

    // MARK: views

    private func record(_ reference: String) throws -> RunRecord {
        var found: RunRecord?
        if let number = Int(reference) {
            found = try read { try $0.run(number: number) }
        } else if let id = RunID(reference) {
            found = try read { try $0.run(id) }
        } else {
            throw SluiceError(.invalid, "\"\(reference)\" is no run: give its number or its id")
        }
        guard let found else { throw SluiceError(.notFound, "run \(reference) not found") }
        return found
    }

    private func view(_ record: RunRecord) throws -> RunView {
        if !record.state.isTerminal, let live = board.runs[record.id] { return live }
        let isUnattended = !record.state.isTerminal && board.closed != nil
        var workers = try read { try $0.workers(run: record.id) }
        // Nobody is there to prove their deaths; of those whose lock is free nothing is left.
        if isUnattended { workers.removeAll { $0.diedAt == nil && !$0.holdsItsLock } }
        let views = workers.map {
            WorkerView($0, run: record.number, state: $0.diedAt == nil ? .dying : .dead, doing: "", bytes: 0)
        }
        var counted = record
        // The row has them as of its last change of state; the journal has them as they are.
        if !record.state.isTerminal { counted.counts = try read { try $0.recount(run: record.id) } }
        var view = RunView(counted, live: nil, workers: views, CoordinatorLoop.now)
        view.isUnattended = isUnattended
        return view
    }

    /// With the counts of each stream and, where it has ended, with the warnings that it began with.
    private func detailed(_ record: RunRecord) throws -> RunView {
        var view = try view(record)
        let counts = try read { try $0.recountStreams(run: record.id) }
        view.streams = record.streams.enumerated().map { index, stream in
            RunStreamView(stream, counts: counts.indices.contains(index) ? counts[index] : nil)
        }
        if view.warnings.isEmpty {
            let audit = try read { try $0.audit(run: record.id, limit: Self.auditMax) }
            for row in audit.reversed() where row.event == AuditRecord.warned && !view.warnings.contains(row.detail) {
                view.warnings.append(row.detail)
            }
        }
        return view
    }

    /// Rows of a run's audit that are looked at for its warnings.
    private static let auditMax = 10_000

    private func view(_ job: JobRecord) throws -> JobView {
        JobView(
            name: job.name,
            version: job.version,
            spec: job.spec,
            isPaused: job.isPaused,
            pausedReason: job.pausedReason,
            lastRun: try read { try $0.runs(job: job.name, activeOnly: false, limit: 1, before: nil) }.first.map(view)
        )
    }
}

extension WorkerRecord {
    /// Its process, or one that it left behind, still lives.
    fileprivate var holdsItsLock: Bool {
        guard let lockPath else { return false }
        return (try? FileLock.state(of: lockPath)) == .held
    }
}
