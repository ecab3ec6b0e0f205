import Connectors
import Model

/// One attempt of one run at a destination, for one sample table: the calls of a worker in their order.
final class WriteSession {
    let destination: any Destination
    let table: SampleTable
    let target: Target
    let installation: InstallationID
    let run: RunID
    private(set) var attempt: AttemptID

    /// - Parameter job: keeps account of the keys of this job's stream; nil: none is kept.
    init(
        _ subject: ConformanceSubject,
        _ table: SampleTable,
        _ stream: String,
        installation: InstallationID = .sample(),
        run: RunID = .sample(),
        mode: WriteMode = .upsert,
        job: String? = nil
    ) throws {
        destination = try subject.makeDestination()
        self.table = table
        self.installation = installation
        self.run = run
        attempt = .sample()
        try destination.check()
        try destination.openGate(installation: installation, run: run)
        var target = try Self.resolve(table, stream, mode, at: destination, installation: installation, run: run)
        if let job {
            guard let keeper = destination as? any LedgerDestination else {
                throw ConformanceFailure("it keeps no account of keys")
            }
            let ledger = KeyLedger(
                installation: installation,
                run: run,
                job: job,
                stream: stream,
                isMirror: mode == .mirror
            )
            for _ in 1...2 { target = try keeper.keep(ledger, of: target) }
        }
        self.target = target
        try destination.openFence(identity(.sample()))
    }

    deinit {
        destination.close()
    }

    func resolveAgain(_ stream: String, _ mode: WriteMode) throws -> Target {
        try Self.resolve(table, stream, mode, at: destination, installation: installation, run: run)
    }

    private static func resolve(
        _ table: SampleTable,
        _ stream: String,
        _ mode: WriteMode,
        at destination: any Destination,
        installation: InstallationID,
        run: RunID
    ) throws -> Target {
        if mode == .replace, let destination = destination as? any ReplacingDestination {
            let columns = table.columns.map { ColumnDescription(name: $0.name, type: $0.kind.type, nativeType: "") }
            return try destination.resolve(
                replacement: Replacement(
                    installation: installation,
                    run: run,
                    job: "job",
                    streamIndex: 0,
                    table: stream,
                    columns: columns,
                    key: table.key
                )
            )
        }
        guard let open = destination as? any OpenDestination else {
            let fields = table.columns.map(\.name)
            return try destination.resolve(table: stream, fields: fields, key: table.key, mode: mode)
        }
        let fields = table.columns.map { TargetField(name: $0.name, type: $0.kind.type, isNullable: true) }
        return try open.resolve(table: stream, fields: fields, key: table.key)
    }

    /// Closes the fence of the attempt and the gate of the run, each twice.
    func closeTwice() throws {
        for _ in 1...2 {
            try destination.closeFence(installation: installation, run: run, attempt: attempt, transactions: [])
            try destination.closeGate(installation: installation, run: run, attempts: [attempt], transactions: [])
        }
    }

    func identity(_ write: WriteID) -> WriteIdentity {
        WriteIdentity(installation: installation, run: run, attempt: attempt, write: write)
    }

    func stage(
        _ rows: [SampleRow],
        write: WriteID = .sample(),
        rejections: [Int: Rejection] = [:]
    ) throws -> StagedWrite {
        let batch = try SampleCodec.batch(rows, of: table, for: target)
        let staged = try destination.stage(identity(write), target: target, rows: batch, rejections: rejections)
        try requireEqual(staged.plans.count, rows.count, "plans for \(rows.count) rows")
        let rejected = staged.plans.indices.filter { staged.plans[$0] == .reject }
        try requireEqual(Set(staged.rejections.keys), Set(rejected), "rows with a rejection, and rows planned so")
        let updates = staged.plans.count { $0 == .update }
        try requireEqual(staged.before.count, updates, "before-images for \(updates) updates")
        return staged
    }

    /// Closes the attempt's fence, as after the death of its process, and opens the next one's.
    func endAttempt(_ transactions: String...) throws {
        try destination.closeFence(
            installation: installation,
            run: run,
            attempt: attempt,
            transactions: transactions.filter { !$0.isEmpty }
        )
        attempt = .sample()
        try destination.openFence(identity(.sample()))
    }

    /// Stages, applies and commits, and stages again without the rows that applying shows to be unwritable.
    func write(_ rows: [SampleRow], rejections: [Int: Rejection] = [:]) throws -> CommittedWrite {
        var rejections = rejections
        for _ in 0...rows.count {
            let write = WriteID.sample()
            do {
                let staged = try stage(rows, write: write, rejections: rejections)
                try destination.apply()
                let at = try destination.commit()
                return CommittedWrite(identity: identity(write), staged: staged, at: at)
            } catch WriteFailure.rejected(let more) {
                try require(!more.isEmpty, "rejected no row")
                try require(rejections.keys.allSatisfy { more[$0] == nil }, "rejected rows that were not written")
                rejections.merge(more) { _, new in new }
            }
        }
        throw ConformanceFailure("staged again \(rows.count + 1) times, each time with more rejections")
    }

    func before(_ staged: StagedWrite) throws -> [SampleRow] {
        try SampleCodec.rows(staged.before, target.fields.map(\.type))
    }

    /// The rows inserted and updated as the staged write says they will be.
    func after(_ staged: StagedWrite, of rows: [SampleRow]) throws -> [SampleRow] {
        if let after = staged.after { return try SampleCodec.rows(after, target.fields.map(\.type)) }
        return rows.indices.filter { staged.plans[$0] == .insert || staged.plans[$0] == .update }.map { rows[$0] }
    }
}

struct CommittedWrite {
    var identity: WriteIdentity
    var staged: StagedWrite
    var at: Timestamp

    var inDoubt: WriteInDoubt {
        WriteInDoubt(identity: identity, transaction: staged.transaction, system: staged.system)
    }
}

extension Identifier {
    /// An id made now.
    static func sample() -> Self {
        // 2026-01-01: later than any marker that is too old to be kept.
        make(milliseconds: 1_767_225_600_000)
    }
}
