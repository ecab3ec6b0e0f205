import Drivers
import Glibc
import Model

/// Finds out what became of a write, after its fence is closed.
struct PostgresEvidence {
    let session: PostgresSession
    let barrier: PostgresBarrier

    /// Longest wait for a transaction to end whose session was terminated.
    private static let secondsMax: Int64 = 15
    private static let pauseMicroseconds: UInt32 = 5_000

    func of(_ write: WriteInDoubt) throws -> WriteEvidence {
        let system = try PostgresLink.system(session)
        guard write.system == system else {
            return .unknowable(
                detail: "the write was made in system \(write.system), this is \(system): after a restore or failover"
                    + " its transaction id means nothing"
            )
        }
        let transaction = UInt64(write.transaction)
        guard transaction != nil || write.transaction.isEmpty else {
            return .unknowable(detail: "\"\(write.transaction)\" is no transaction id")
        }
        let deadline = SystemClock.bootNanoseconds() + Self.secondsMax * 1_000_000_000
        while true {
            let verdict =
                barrier == .rows
                ? try look(write, transaction).verdict(write) : try verdict(by: transaction, write)
            if let verdict { return verdict }
            guard SystemClock.bootNanoseconds() < deadline else {
                throw SluiceError(
                    .timedOut,
                    "\(session.place): transaction \(write.transaction) is still in progress \(Self.secondsMax) s after its session"
                        + " was told to end",
                    isRetriable: true
                )
            }
            try PostgresClosing(session: session).endSessions(attempts: [], transactions: [write.transaction])
            usleep(Self.pauseMicroseconds)
        }
    }

    /// Without rows of ours the transaction's id says it all. nil: it has not ended yet.
    private func verdict(by transaction: UInt64?, _ write: WriteInDoubt) throws -> WriteEvidence? {
        guard let transaction else {
            return .notApplied(detail: "the write never named a transaction, so none was permitted to commit")
        }
        let name = "transaction \(transaction)"
        let found = try session.run("SELECT \(status(of: transaction))")
        switch found.text(row: 0, column: 0) {
        case "committed": return .applied(detail: "\(name) committed", at: try committedAt(transaction))
        case "aborted": return .notApplied(detail: "\(name) aborted")
        case "in progress": return nil
        default: return .unknowable(detail: "the server no longer knows, or not yet, what became of \(name)")
        }
    }

    private func committedAt(_ transaction: UInt64) throws -> Timestamp? {
        let found = try session.run(
            """
            SELECT CASE WHEN current_setting('track_commit_timestamp') = 'on' THEN (1000000
                * extract(epoch FROM pg_xact_commit_timestamp('\(transaction)'::xid8::xid)))::bigint END
            """
        )
        return found.text(row: 0, column: 0).flatMap { Int64($0) }.map { Timestamp(microseconds: $0) }
    }

    private func status(of transaction: UInt64) -> String {
        let id = "'\(transaction)'::xid8"
        return "CASE WHEN \(id) < pg_snapshot_xmax(pg_current_snapshot()) THEN pg_xact_status(\(id)) END"
    }

    private func look(_ write: WriteInDoubt, _ transaction: UInt64?) throws -> Sighting {
        let identity = write.identity
        let place = session.place
        let status = transaction.map(status)
        // Status first, marker after it: a commit between the two shows as committed by neither or by the marker
        // alone, never as aborted. With the fence closed there is none.
        let answers = try session.connection.execute(
            """
            SELECT \(status ?? "'none'");
            SELECT (SELECT m.transaction::text FROM sluice.marker m WHERE m.write = '\(identity.write)'),
                EXISTS (SELECT FROM sluice.gate g WHERE g.run = '\(identity.run)'
                    AND g.installation = '\(identity.installation)'),
                EXISTS (SELECT FROM sluice.gate g WHERE g.run = '\(identity.run)' AND g.closed)
                    OR EXISTS (SELECT FROM sluice.fence f WHERE f.attempt = '\(identity.attempt)' AND f.closed),
                (SELECT \(Self.committedAt) FROM sluice.marker m WHERE m.write = '\(identity.write)')
            """
        )
        guard answers.count == 2 else {
            throw SluiceError(.internal, "\(place): looking for a write gave \(answers.count) answers")
        }
        return Sighting(
            status: answers[0].text(row: 0, column: 0),
            markedTransaction: answers[1].text(row: 0, column: 0),
            hasGate: answers[1].bool(row: 0, column: 1),
            isClosed: answers[1].bool(row: 0, column: 2),
            committedAt: answers[1].text(row: 0, column: 3).flatMap { Int64($0) }.map { Timestamp(microseconds: $0) }
        )
    }

    /// µs since 1970: the server's commit time where it keeps one, else when the marker was left, just before.
    private static let committedAt = """
        (1000000 * extract(epoch FROM coalesce(
            CASE WHEN current_setting('track_commit_timestamp') = 'on'
                THEN pg_xact_commit_timestamp(m.transaction::xid) END,
            m.written_at)))::bigint
        """

    private struct Sighting {
        let status: String?
        /// The transaction that left the write's marker; nil: no marker.
        let markedTransaction: String?
        let hasGate: Bool
        let isClosed: Bool
        /// Of the marked transaction.
        let committedAt: Timestamp?

        /// nil: the transaction has not ended yet.
        func verdict(_ write: WriteInDoubt) -> WriteEvidence? {
            if PostgresFence.isTurnedOff {
                return markedTransaction == nil
                    ? .notApplied(detail: "no marker, with the fence turned off")
                    : .applied(detail: "marker, with the fence turned off", at: committedAt)
            }
            let name = "transaction \(write.transaction)"
            guard hasGate else {
                return .unknowable(
                    detail: "the gate row of run \(write.identity.run) is missing: restored or cleaned up"
                )
            }
            guard isClosed else {
                return .unknowable(detail: "asked before gate or fence was closed: \(name) is \(status ?? "unknown")")
            }
            let isMarked = markedTransaction == write.transaction
            switch status {
            case "committed" where isMarked:
                return .applied(detail: "\(name) committed and left its marker", at: committedAt)
            case "committed":
                return .unknowable(
                    detail: "ALARM: \(name) committed without its marker; another hand was in schema sluice"
                )
            case "aborted" where markedTransaction == nil:
                return .notApplied(detail: "\(name) aborted and left no marker")
            case "aborted":
                return .unknowable(
                    detail:
                        "ALARM: \(name) aborted, and yet transaction \(markedTransaction ?? "") left the marker of its write"
                )
            case "none" where markedTransaction == nil:
                return .notApplied(detail: "the write never named a transaction and left no marker")
            case "none":
                return .unknowable(detail: "ALARM: a write that never named a transaction left a marker")
            case "in progress":
                return nil
            default:
                return .unknowable(detail: "the server no longer knows, or not yet, what became of \(name)")
            }
        }
    }
}
