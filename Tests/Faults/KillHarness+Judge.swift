import Client
import Drivers
import Foundation
import Model
import TestSupport

extension KillHarness {
    /// Holds every record's verdict, and the counts, against what the destination says happened.
    func judge(_ run: RunView, _ what: String, into wrong: inout [String]) throws {
        let effects = try arenaEffects()
        let verdicts = try self.verdicts(of: run)
        var contradictions = 0
        for id in 1...ArenaData.records {
            let times = effects[id] ?? 0
            let isApplied = verdicts[id] == .applied
            if times > 1 { wrong.append("\(what): record \(id) was written \(times) times (I1)") }
            if (times > 0) != isApplied {
                contradictions += 1
                if contradictions <= 3 {
                    wrong.append(
                        "\(what): record \(id) is \(verdicts[id]?.rawValue ?? "not listed"), written \(times) times (I2)"
                    )
                }
            }
        }
        if verdicts.values.contains(.indeterminate) { wrong.append("\(what): indeterminate after the end") }
        let counts = run.counts
        let listed = Dictionary(grouping: verdicts.values, by: { $0 }).mapValues(\.count)
        if counts.applied != effects.count {
            wrong.append("\(what): \(counts.applied) counted as applied, \(effects.count) written (I12)")
        }
        for (verdict, count) in [(Verdict.applied, counts.applied), (.unknowable, counts.unknowable)]
        where listed[verdict, default: 0] != count {
            wrong.append(
                "\(what): \(count) counted as \(verdict.rawValue), \(listed[verdict, default: 0]) listed (I12)"
            )
        }
        if counts.indeterminate != 0 { wrong.append("\(what): \(counts.indeterminate) indeterminate at the end (I14)") }
        if counts.batchesPlanned != counts.batchesDone + counts.batchesWithheld + counts.batchesQuarantined {
            wrong.append(
                "\(what): \(counts.batchesPlanned) batches, \(counts.batchesDone) done, \(counts.batchesWithheld) withheld (I12)"
            )
        }
        try noteReconciled(run, into: &wrong)
    }

    private func verdicts(of run: RunView) throws -> [Int: Verdict] {
        var verdicts: [Int: Verdict] = [:]
        var query = RecordQuery(run: run.id, limit: RecordQuery.limitMax)
        while true {
            let page = try records(query)
            for record in page.records {
                verdicts[Int(record.key) ?? -1] = record.verdict
            }
            guard let cursor = page.cursor else { return verdicts }
            query.cursor = cursor
        }
    }
}
