public import Model

/// How writes of a destination can be repeated and judged (PRODUCT.md section 7).
public enum IdempotencyClass: String, Sendable, Codable {
    case transactional
    case idempotent
    case keyed
    case unsafe
}

/// What the rest of Sluice must know about a kind of destination.
public struct DestinationCapabilities: Sendable, Hashable {
    public var idempotency: IdempotencyClass
    /// Closing a fence at the destination is enough to know that no effect follows; else the process must be proven dead first.
    public var hasFence: Bool
    /// At most one process may have a write open at a time.
    public var isSingleWriter: Bool
    public var writeModes: Set<WriteMode>

    public init(
        idempotency: IdempotencyClass,
        hasFence: Bool,
        isSingleWriter: Bool,
        writeModes: Set<WriteMode> = [.upsert]
    ) {
        self.idempotency = idempotency
        self.hasFence = hasFence
        self.isSingleWriter = isSingleWriter
        self.writeModes = writeModes
    }
}

/// Who writes: carried by gate, fence and marker rows.
public struct WriteIdentity: Sendable, Hashable {
    public var installation: InstallationID
    public var run: RunID
    public var attempt: AttemptID
    public var write: WriteID

    public init(installation: InstallationID, run: RunID, attempt: AttemptID, write: WriteID) {
        self.installation = installation
        self.run = run
        self.attempt = attempt
        self.write = write
    }
}

/// Where the records of a stream go. The columns of every `RowBatch` handed to the destination are `fields`, in this order.
public struct Target: Sendable, Hashable {
    public var table: String
    public var fields: [TargetField]
    /// Indexes into `fields`. In an upsert what identifies a record; in an append only what the journal calls it by, perhaps
    /// nothing.
    public var key: [Int]
    public var mode: WriteMode
    /// Where the keys are kept account of; set by `LedgerDestination.keep`.
    public var ledger: KeyLedger?

    public init(
        table: String,
        fields: [TargetField],
        key: [Int],
        mode: WriteMode = .upsert,
        ledger: KeyLedger? = nil
    ) {
        self.table = table
        self.fields = fields
        self.key = key
        self.mode = mode
        self.ledger = ledger
    }

    /// Every record is a new one, whatever is there.
    public var isAppend: Bool { mode == .append }

    /// Nothing is looked up: an append, or into a table that is new.
    public var isInsertOnly: Bool { mode == .append || mode == .replace }
}

public struct TargetField: Sendable, Hashable {
    public var name: String
    /// Of the destination's column: records arrive in this encoding.
    public var type: ValueType
    public var isNullable: Bool
    /// The most characters it holds; nil: no limit.
    public var lengthMax: Int?

    public init(name: String, type: ValueType, isNullable: Bool, lengthMax: Int? = nil) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
        self.lengthMax = lengthMax
    }
}

/// Why one record is not written; its batch goes on without it.
public struct Rejection: Sendable, Hashable {
    /// `not_null`, `invalid_value`, `too_long`, `duplicate_key`, `constraint`; `malformed`: no record of the source's format.
    public var code: String
    /// Empty when it concerns the whole record.
    public var field: String
    public var reason: String

    public init(code: String, field: String, reason: String) {
        self.code = code
        self.field = field
        self.reason = reason
    }
}

extension Rejection {
    static let keyOfEarlierRecord = Rejection(
        code: "duplicate_key",
        field: "",
        reason: "an earlier record of the run has the key already"
    )
}

/// What a write is going to do, known before it is permitted.
public struct StagedWrite: Sendable {
    /// The destination's name of the transaction (Postgres: xid8 in decimal), "" where it has none.
    public var transaction: String
    /// The destination's identity (Postgres: `system_identifier/timeline`), "" where it has none.
    public var system: String
    /// One per row of the batch.
    public var plans: [RowPlan]
    /// For the rows planned as `.update` or `.delete`, in row order: all fields as they are now, read under this write's own transaction.
    public var before: RowBatch
    /// Values that the destination itself made of the rows (triggers, generated columns, rounding), in row order for inserts and
    /// updates; nil: exactly what was handed over.
    public var after: RowBatch?
    /// By row index: the rows planned as `.reject`.
    public var rejections: [Int: Rejection]
    /// The rows are applied inside the open transaction already; `apply` has nothing left to do.
    public var isApplied: Bool

    public init(
        transaction: String,
        system: String,
        plans: [RowPlan],
        before: RowBatch,
        after: RowBatch? = nil,
        rejections: [Int: Rejection] = [:],
        isApplied: Bool
    ) {
        self.transaction = transaction
        self.system = system
        self.plans = plans
        self.before = before
        self.after = after
        self.rejections = rejections
        self.isApplied = isApplied
    }
}

public enum RowPlan: UInt8, Sendable {
    case insert = 1
    case update = 2
    case delete = 3
    case reject = 4
    case unchanged = 5
}

/// Why a write was not made or its end is not known.
public enum WriteFailure: Error, Sendable {
    /// Nothing was written; trying again in a new transaction may work (somebody was faster, deadlock, lock time-out, busy).
    case rolledBack(reason: String)
    /// The permit came for a transaction that is gone, or gate or fence were closed: nothing was written, do not try again.
    case fenced(reason: String)
    /// Applying showed that these rows (indexes into the batch) cannot be written; nothing was written. Stage again with
    /// them excluded.
    case rejected([Int: Rejection])
    /// COMMIT was sent and no answer came.
    case unsure(reason: String)
    /// The destination is gone or refuses altogether.
    case failed(SluiceError)
}

/// One write that is permitted and whose outcome is not known.
public struct WriteInDoubt: Sendable, Hashable {
    public var identity: WriteIdentity
    public var transaction: String
    public var system: String

    public init(identity: WriteIdentity, transaction: String, system: String) {
        self.identity = identity
        self.transaction = transaction
        self.system = system
    }
}

public enum WriteEvidence: Sendable, Hashable {
    /// - Parameter at: when it was committed; nil: nobody knows.
    case applied(detail: String, at: Timestamp?)
    case notApplied(detail: String)
    case unknowable(detail: String)
}

/// A system that records are written to. One instance belongs to one thread of one worker process; calls block.
///
/// The order for one write: `openFence` (once an attempt) → `stage` → INTENT → `apply` (may run before the permit is there)
/// → permit → `commit`, or `rollBack`. At most one write is open per instance. `stage`, `apply` and `commit` throw
/// `WriteFailure`, after which no transaction is open any more; the others throw `SluiceError`.
public protocol Destination: AnyObject {
    static var capabilities: DestinationCapabilities { get }

    /// Connects if necessary and proves that writing could work. Writes nothing. Idempotent.
    ///
    /// - Returns: what a person should know of how it will be written to.
    @discardableResult
    func check() throws -> [String]

    /// As `Source.discover`.
    func discover(stream: String?) throws -> [StreamDescription]

    /// Makes gate, fence and marker storage if it is missing, and opens the gate of the run unless it was closed. Idempotent;
    /// by every worker of a run before its first write. `conflict` when the gate is closed.
    func openGate(installation: InstallationID, run: RunID) throws

    /// Resolves the fields of a stream against the table and keeps what `stage` needs. Idempotent. `notFound` names the
    /// missing table or column and what is there; `invalid` a key that is no unique key of the table.
    func resolve(table: String, fields: [String], key: [String]) throws -> Target

    /// The same for a write mode. In `append` the key need not be unique, nor be at all. `unsupported` for a mode that the
    /// destination has not, or not for this table.
    func resolve(table: String, fields: [String], key: [String], mode: WriteMode) throws -> Target

    /// Commits an open fence row for the attempt. `conflict` when a tombstone is there.
    func openFence(_ identity: WriteIdentity) throws

    /// Opens a transaction, brings the rows to the destination, reads the rows as they are now and decides what happens to each.
    ///
    /// - Parameters:
    ///   - rows: columns are `target.fields`. Unless `target.isAppend` no key is there twice, and all workers of a run
    ///     hand keys over in one order, in which they can be locked.
    ///   - rejections: rows (by index) that were found to be unwritable before; they are planned as `.reject`.
    func stage(
        _ identity: WriteIdentity,
        target: Target,
        rows: RowBatch,
        rejections: [Int: Rejection]
    ) throws -> StagedWrite

    /// Executes the staged write inside its open transaction. What is then in the transaction is exactly what was staged,
    /// or `WriteFailure` is thrown.
    func apply() throws

    /// Checks gate and fence, leaves the marker and commits. Only after the permit that names this write and transaction.
    ///
    /// - Returns: when it was committed, µs since 1970.
    func commit() throws -> Timestamp

    /// Ends the open transaction without effect. Idempotent; also with nothing open.
    func rollBack()

    /// No write of the run commits once this has returned. Works whether or not the run's processes live. Idempotent.
    /// Where there is no fence it does nothing.
    func closeGate(installation: InstallationID, run: RunID, attempts: [AttemptID], transactions: [String]) throws

    /// Closes the attempt's fence, whether or not it was ever opened. No write of the attempt commits once this has returned.
    /// Idempotent.
    func closeFence(installation: InstallationID, run: RunID, attempt: AttemptID, transactions: [String]) throws

    /// Removes what the run, which has ended, made for itself and nobody needs any more. Idempotent; does nothing where
    /// there is nothing of the kind.
    func discard(installation: InstallationID, run: RunID) throws

    /// What became of a write. Only after `closeFence`, or proof of death where there is no fence. Reads only.
    func evidence(of write: WriteInDoubt) throws -> WriteEvidence

    /// Ends the connection. Idempotent.
    func close()
}

extension Destination {
    public func discard(installation: InstallationID, run: RunID) throws {}

    public func resolve(table: String, fields: [String], key: [String], mode: WriteMode) throws -> Target {
        guard mode == .upsert else {
            throw SluiceError(.unsupported, "table \(table): its destination has no write mode \(mode.rawValue)")
        }
        return try resolve(table: table, fields: fields, key: key)
    }
}

/// A destination without tables of its own making: each target takes the fields that a stream has.
public protocol OpenDestination: Destination {
    /// As `resolve(table:fields:key:)`, in write mode `append`, with the fields' types as the stream has them.
    func resolve(table: String, fields: [TargetField], key: [String]) throws -> Target
}

extension OpenDestination {
    public func resolve(table: String, fields: [String], key: [String]) throws -> Target {
        throw SluiceError(.unsupported, "\(table): it has no columns; its fields come with their types")
    }
}
