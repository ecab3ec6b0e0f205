import Connectors
import Model
import Wire

/// What the streams of a run have in common.
struct RunContext {
    let installation: InstallationID
    let id: RunID
    let job: String
    /// Both ends are systems of one kind: they name types alike.
    let joinsOneKind: Bool
}

/// One stream of a run: how it is read, how its records become the destination's, where they go.
struct OpenedStream {
    let index: UInt32
    let scan: Scan
    let target: Target
    /// What the coordinator is told of it.
    let summary: WireStreamOpened
    private let mapping: Mapping
    /// Of a `replace` stream.
    private let replacement: Replacement?

    /// Compares the stream's configuration with both ends as they are now.
    ///
    /// - Throws: `SluiceError` naming the stream and the column, field or key that does not fit.
    init(
        _ spec: StreamSpec,
        index: UInt32,
        of run: RunContext,
        source: any Source,
        destination: any Destination
    ) throws {
        let modes = type(of: destination).capabilities.writeModes
        guard modes.contains(spec.writeMode) else {
            throw SluiceError(
                .unsupported,
                "stream \"\(spec.stream)\": its destination has no write mode \(spec.writeMode.rawValue); choose "
                    + modes.map(\.rawValue).sorted().joined(separator: " or ")
            )
        }
        let described = try Self.describe(spec.stream) { try source.discover(stream: spec.stream) }
        let open = destination as? any OpenDestination
        let isReplaced = spec.writeMode == .replace
        let table =
            open == nil && !isReplaced
            ? try Self.describe(spec.destination) { try destination.discover(stream: spec.destination) }
            : OpenTable.describe(spec, described, keepsNativeTypes: run.joinsOneKind)
        let plan = try Mapping.plan(stream: spec, source: described, destination: table)
        self.index = index
        scan = plan.scan
        var target: Target
        var replacement: Replacement?
        if isReplaced {
            let made = Replacement(
                installation: run.installation,
                run: run.id,
                job: run.job,
                streamIndex: Int(index),
                table: plan.table,
                columns: plan.fields.compactMap { name in table.columns.first { $0.name == name } },
                key: plan.key
            )
            target = try Self.resolve(made, at: destination)
            replacement = made
        } else if let open {
            let fields = plan.fields.map { name in
                TargetField(name: name, type: table.columns.first { $0.name == name }?.type ?? .text, isNullable: true)
            }
            target = try open.resolve(table: plan.table, fields: fields, key: plan.key)
        } else {
            target = try destination.resolve(
                table: plan.table,
                fields: plan.fields,
                key: plan.key,
                mode: spec.writeMode
            )
        }
        if plan.isKeyRepeatable || spec.writeMode == .mirror {
            let ledger = KeyLedger(
                installation: run.installation,
                run: run.id,
                job: run.job,
                stream: spec.stream,
                isMirror: spec.writeMode == .mirror
            )
            target = try Self.keep(ledger, of: target, at: destination)
        }
        self.target = target
        self.replacement = replacement
        mapping = try Mapping(plan, target: target)
        var summary = Self.summary(of: described, index: index, plan)
        summary.keepsLedger = target.ledger != nil
        self.summary = summary
    }

    /// Makes a destination that was connected to anew know the target.
    ///
    /// - Throws: `conflict` when the table is another one now.
    func resolveAgain(at destination: any Destination) throws {
        let names = target.fields.map(\.name)
        let key = target.key.map { names[$0] }
        var again =
            if let replacement {
                try Self.resolve(replacement, at: destination)
            } else if let open = destination as? any OpenDestination {
                try open.resolve(table: target.table, fields: target.fields, key: key)
            } else {
                try destination.resolve(
                    table: target.table,
                    fields: names,
                    key: key,
                    mode: target.mode
                )
            }
        if let ledger = target.ledger { again = try Self.keep(ledger, of: again, at: destination) }
        guard again == target else {
            throw SluiceError(
                .conflict,
                "table \(target.table) was changed while stream \(scan.stream) was written to it; "
                    + "start the run again"
            )
        }
    }

    private static func resolve(_ replacement: Replacement, at destination: any Destination) throws -> Target {
        guard let destination = destination as? any ReplacingDestination else {
            throw SluiceError(.unsupported, "table \(replacement.table): its destination cannot replace a table")
        }
        return try destination.resolve(replacement: replacement)
    }

    private static func keep(
        _ ledger: KeyLedger,
        of target: Target,
        at destination: any Destination
    ) throws -> Target {
        guard let keeper = destination as? any LedgerDestination else {
            throw SluiceError(
                .unsupported,
                "stream \"\(ledger.stream)\": several of its records may have one key, of which its destination can keep no "
                    + "account; choose a key that is unique at the source"
            )
        }
        return try keeper.keep(ledger, of: target)
    }

    /// The records of a range, in the destination's fields and types.
    func read(_ range: KeyRange, from source: any Source) throws -> RowBatch {
        var rows = RowBatch(width: scan.columns.count)
        try source.read(scan, range: range, into: &rows)
        return rows
    }

    func map(_ rows: RowBatch) -> MappedBatch {
        mapping.apply(rows)
    }

    private static func describe(
        _ name: String,
        _ discover: () throws -> [StreamDescription]
    ) throws -> StreamDescription {
        guard let found = try discover().first else {
            throw SluiceError(.notFound, "stream \(name) was not found")
        }
        return found
    }

    private static func summary(
        of described: StreamDescription,
        index: UInt32,
        _ plan: MappingPlan
    ) -> WireStreamOpened {
        var summary = WireStreamOpened()
        summary.streamIndex = index
        summary.sourceRecords = described.estimatedRecords ?? -1
        summary.recordBytes = described.averageRecordBytes ?? 0
        summary.uniqueKey =
            !plan.isKeyRepeatable
            && ([described.primaryKey] + described.uniqueKeys)
                .contains { !$0.isEmpty && Set($0).isSubset(of: plan.scan.key) }
        summary.warnings = plan.warnings
        return summary
    }
}
