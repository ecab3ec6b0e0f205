import Drivers
import Model

extension PostgresDestination: LedgerDestination {
    public func keep(_ ledger: KeyLedger, of target: Target) throws -> Target {
        var plain = target
        plain.ledger = nil
        let plan = try plan(of: plain)
        var kept = target
        kept.ledger = ledger
        let keeping = plans[kept] ?? plan.keeping(ledger, number: plans.count + 1)
        try administering { session in
            if let mirror = keeping.mirror { try mirror.requireDeletable(session, as: target.table) }
            try keeping.ledger?.open(session, behind: self.connected().barrier(), for: target.table)
        }
        plans[kept] = keeping
        return kept
    }

    public func planDeletes(of target: Target) throws -> DeletePlan {
        guard let mirror = try plan(of: target).mirror else { throw isNoMirror(target) }
        var found = DeletePlan(rows: 0, owned: 0, keyless: 0)
        try administering { session in found = try mirror.planDeletes(session) }
        return found
    }

    public func stageDeletes(
        _ identity: WriteIdentity,
        target: Target,
        numbers: ClosedRange<Int>
    ) throws -> (staged: StagedWrite, rows: RowBatch) {
        try writing {
            guard open == nil else { throw SluiceError(.internal, "\(settings.place): a write is open already") }
            let plan = try plan(of: target)
            guard let mirror = plan.mirror else { throw isNoMirror(target) }
            let link = try connected()
            try link.rename(Self.applicationName(identity.attempt))
            let found = try mirror.delete(numbers, link)
            open = OpenWrite(identity, plan, found.staged, of: found.rows, [:])
            return found
        }
    }

    private func plan(of target: Target) throws -> PostgresTargetPlan {
        guard let plan = plans[target] else {
            throw SluiceError(.internal, "\(settings.place): table \(target.table) was not resolved")
        }
        return plan
    }

    private func isNoMirror(_ target: Target) -> SluiceError {
        SluiceError(.internal, "\(settings.place): table \(target.table) is not mirrored to")
    }
}
