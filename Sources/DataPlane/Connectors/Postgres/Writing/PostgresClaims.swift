import Drivers
import Model

/// Enters the keys of a batch into the stream's ledger, inside the write's transaction.
struct PostgresClaims {
    let plan: PostgresTargetPlan
    let ledger: PostgresLedger

    /// Waits for other writes of the run that have entered one of the keys and are not over yet.
    ///
    /// - Parameter rejected: rows that are not written. Their keys are entered as well, after those of the others.
    /// - Returns: the other rows whose key an earlier write of the run has entered.
    func enter(
        _ rows: RowBatch,
        rejected: [Int: Rejection],
        _ link: PostgresLink
    ) throws -> [Int: Rejection] {
        let healthy = (0..<rows.count).filter { rejected[$0] == nil }
        let keys = KeyArrays(rows, plan: plan, only: healthy)
        let entered = try enter(keys, link)
        var repeated: [Int: Rejection] = [:]
        if entered < healthy.count {
            let found = try link.connection.query(PostgresStatement(ledger.repeatedSQL, keys.parameters))
            withExtendedLifetime(found) {
                for place in 0..<found.rows {
                    guard let number = found.unsafeField(row: place, column: 0) else { continue }
                    let row = healthy[Int(number.loadUnaligned(as: Int64.self).bigEndian) - 1]
                    repeated[row] = .keyOfEarlierRecord
                }
            }
        }
        try enterRejected(rows, rejected, link)
        return repeated
    }

    private func enterRejected(_ rows: RowBatch, _ rejected: [Int: Rejection], _ link: PostgresLink) throws {
        let readable = rejected.keys.sorted().filter { row in
            plan.key.allSatisfy { !rows.isNull(row: row, column: $0) }
        }
        var keyless = rejected.count - readable.count
        if !readable.isEmpty {
            try link.connection.execute("SAVEPOINT claims")
            do {
                _ = try enter(KeyArrays(rows, plan: plan, only: readable), link)
            } catch let error as PostgresError where PostgresFailure.isOfRow(error) && !error.isConnectionLost {
                // One of them is no value of the key's type.
                try link.connection.execute("ROLLBACK TO claims")
                keyless += readable.count
            }
            try link.connection.execute("RELEASE claims")
        }
        if ledger.ledger.isMirror, keyless > 0 {
            try link.connection.execute("INSERT INTO \(ledger.keyless) VALUES (\(keyless))")
        }
    }

    private func enter(_ keys: KeyArrays, _ link: PostgresLink) throws -> Int {
        try link.connection.query(PostgresStatement(prepared: ledger.enterName, keys.parameters)).affected
    }
}
