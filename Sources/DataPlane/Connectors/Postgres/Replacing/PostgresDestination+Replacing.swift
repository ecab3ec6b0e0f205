import Drivers
public import Model

extension PostgresDestination: ReplacingDestination {
    public func resolve(replacement: Replacement) throws -> Target {
        let link = try connected()
        if case .sessions(let reason) = try link.barrier() {
            throw SluiceError(
                .unsupported,
                "\(link.session.place): write mode `replace` builds tables in the schema \"sluice\", but \(reason)"
            )
        }
        let new = PostgresReplacement(replacement: replacement, session: link.session)
        let made = try new.opened()
        let fields = try replacement.columns.map {
            try PostgresScan.column($0.name, of: made, stream: new.newTable, place: link.session.place)
        }
        let names = fields.map(\.name)
        let plan = PostgresTargetPlan(
            table: made,
            fields: fields,
            key: try made.keyIndexes(replacement.key, in: names, as: new.newTable, place: link.session.place),
            traits: try PostgresTraits(of: made, fields: fields, key: replacement.key, link.session),
            number: plans.count + 1,
            isAppend: true
        )
        var target = plan.target
        target.table = replacement.table
        target.mode = .replace
        if plans[target] == nil { plans[target] = plan }
        replacements[target] = replacement
        return target
    }

    public func stageSwap(_ identity: WriteIdentity, target: Target, records: Int) throws -> StagedWrite {
        try swapping {
            let link = try connected()
            guard open == nil, let plan = plans[target], let replacement = replacements[target] else {
                throw SluiceError(.internal, "\(link.session.place): table \(target.table) is not there to be replaced")
            }
            try link.rename(Self.applicationName(identity.attempt))
            let begun = try link.connection.execute(
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_current_xact_id()::text"
            )
            guard begun.count == 2, let transaction = begun[1].text(row: 0, column: 0) else {
                throw SluiceError(.internal, "opening a transaction gave \(begun.count) answers")
            }
            let new = PostgresReplacement(replacement: replacement, session: link.session)
            try new.requireRecords(records)
            let none = RowBatch(width: target.fields.count)
            let staged = StagedWrite(
                transaction: transaction,
                system: link.system,
                plans: [],
                before: none,
                isApplied: false
            )
            open = OpenWrite(identity, plan, staged, of: none, [:])
            open?.replacement = new
            return staged
        }
    }

    public func discard(installation: InstallationID, run: RunID) throws {
        try administering { session in
            try PostgresReplacement.discard(run: run, session)
            try PostgresLedger.discard(run, session)
        }
    }

    /// As `writing`; a lock that does not come is worth another try.
    func swapping<Result>(_ body: () throws -> Result) throws -> Result {
        try writing {
            do {
                return try body()
            } catch let error as SluiceError
                where error.code == .timedOut || error.code == .conflict && error.isRetriable
            {
                throw WriteFailure.rolledBack(reason: error.message)
            }
        }
    }
}
