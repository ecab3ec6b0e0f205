import Connectors
import Foundation
import Model

/// What a destination that keeps account of keys must do. Each case runs on a subject of its own.
public enum LedgerCheck: String, CaseIterable, Sendable {
    case repeated = "a key that an earlier write of the run had is rejected, unchanged ones included"
    case rolledBack = "a write that was rolled back or abandoned has entered nothing"
    case rejected = "a rejected record has its key, and one without a key has none"
    case otherRuns = "another run, another job and a target without a ledger know nothing of it"
    case others = "of two writes with one key the second waits, and is rejected only if the first is committed"
    case discard = "discarding a run removes its account and no other one"

    /// - Throws: `ConformanceFailure`, or what the connector threw where it should not have.
    public func run(on subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        let session = try WriteSession(subject, table, stream, job: "job")
        switch self {
        case .repeated: try Self.checkRepeated(subject, session)
        case .rolledBack: try Self.checkRolledBack(subject, session)
        case .rejected: try Self.checkRejected(subject, session)
        case .otherRuns: try Self.checkOtherRuns(subject, session, stream)
        case .others: try Self.checkOthers(subject, session, stream)
        case .discard: try Self.checkDiscard(subject, session, stream)
        }
    }

    private static func contacts(_ numbers: ClosedRange<Int>) -> [SampleRow] {
        numbers.map { SampleTable.contact($0) }
    }

    /// Writes and says which rows were rejected as repeated.
    private static func write(_ session: WriteSession, _ rows: [SampleRow]) throws -> [Int] {
        let staged = try session.write(rows).staged
        for rejection in staged.rejections.values {
            try requireEqual(rejection.code, "duplicate_key", "code of \(rejection)")
        }
        return staged.rejections.keys.sorted()
    }

    private static func checkRepeated(_ subject: ConformanceSubject, _ session: WriteSession) throws {
        try subject.insert(session.table, contacts(1...10))
        try requireEqual(try write(session, contacts(1...20)), [], "rows rejected at first")
        // 5...10 were unchanged, 11...20 inserted; the others are new.
        let second = (5...25).map { DestinationCheck.changed(SampleTable.contact($0)) }
        try requireEqual(try write(session, second), Array(0...15), "rows rejected as repeated")
        try requireEqual(
            try subject.rows(session.table),
            contacts(1...20) + second.suffix(5),
            "rows: of each key the first"
        )
    }

    private static func checkRolledBack(_ subject: ConformanceSubject, _ session: WriteSession) throws {
        _ = try session.stage(contacts(1...5))
        session.destination.rollBack()
        _ = try session.stage(contacts(1...5))
        try session.destination.apply()
        session.destination.rollBack()
        _ = try session.stage(contacts(1...5))
        try session.destination.apply()
        // As after a SIGKILL.
        session.destination.close()
        let next = try WriteSession(
            subject,
            session.table,
            session.target.table,
            installation: session.installation,
            run: session.run,
            job: "job"
        )
        try requireEqual(try write(next, contacts(1...5)), [], "rows rejected")
        try requireEqual(try write(next, contacts(1...5)), Array(0...4), "rows rejected after the commit")
    }

    private static func checkRejected(_ subject: ConformanceSubject, _ session: WriteSession) throws {
        var rows = contacts(1...4)
        rows[3][0] = .null
        let handed = Rejection(code: "invalid_value", field: "email", reason: "as the kit says")
        let staged = try session.write(rows, rejections: [0: handed, 3: handed]).staged
        try requireEqual(staged.plans, [.reject, .insert, .insert, .reject], "plans")
        try requireEqual(try write(session, contacts(1...5)), [0, 1, 2], "rows rejected as repeated")
        try requireEqual(try subject.rows(session.table), contacts(2...5), "rows")
    }

    private static func checkOtherRuns(
        _ subject: ConformanceSubject,
        _ session: WriteSession,
        _ stream: String
    ) throws {
        _ = try write(session, contacts(1...3))
        let other = try WriteSession(
            subject,
            session.table,
            stream,
            installation: session.installation,
            run: session.run,
            job: "another"
        )
        try requireEqual(try write(other, contacts(1...3)), [], "rows rejected in another job")
        let plain = try WriteSession(subject, session.table, stream, installation: session.installation)
        try requireEqual(try write(plain, contacts(1...3)), [], "rows rejected without a ledger")
        let next = try WriteSession(
            subject,
            session.table,
            stream,
            installation: session.installation,
            job: "job"
        )
        try requireEqual(try write(next, contacts(1...3)), [], "rows rejected in the next run")
        try requireEqual(try write(next, contacts(1...3)), [0, 1, 2], "rows rejected in the same run")
        try requireEqual(try write(other, contacts(1...3)), [0, 1, 2], "rows rejected in the other job")
    }

    private static func checkOthers(
        _ subject: ConformanceSubject,
        _ first: WriteSession,
        _ stream: String
    ) throws {
        let second = try WriteSession(
            subject,
            first.table,
            stream,
            installation: first.installation,
            run: first.run,
            job: "job"
        )
        guard !type(of: first.destination).capabilities.isSingleWriter else {
            _ = try write(first, contacts(1...3))
            return try requireEqual(try write(second, contacts(3...4)), [0], "rows rejected")
        }
        for (isCommitted, numbers) in [(false, 1...3), (true, 11...13)] {
            _ = try first.stage(contacts(numbers))
            try first.destination.apply()
            let waiting = Waiting(second, contacts(numbers.upperBound...(numbers.upperBound + 1)))
            if isCommitted {
                _ = try first.destination.commit()
            } else {
                first.destination.rollBack()
            }
            try requireEqual(try waiting.rejected(), isCommitted ? [0] : [], "rows rejected behind the first")
        }
    }

    private static func checkDiscard(
        _ subject: ConformanceSubject,
        _ session: WriteSession,
        _ stream: String
    ) throws {
        let other = try WriteSession(
            subject,
            session.table,
            stream,
            installation: session.installation,
            job: "another"
        )
        for session in [session, other] { _ = try write(session, contacts(1...3)) }
        for _ in 1...2 {
            try session.destination.discard(installation: session.installation, run: session.run)
        }
        try requireEqual(try write(other, contacts(3...4)), [0], "rows rejected in a run that was not discarded")
        let again = try WriteSession(
            subject,
            session.table,
            stream,
            installation: session.installation,
            run: session.run,
            job: "job"
        )
        try requireEqual(try write(again, contacts(1...3)), [], "rows rejected after discard")
    }
}

/// A write on a thread of its own.
private final class Waiting: @unchecked Sendable {
    private let session: WriteSession
    private let rows: [SampleRow]
    private let done = DispatchSemaphore(value: 0)
    // Set before `done` is signalled.
    private var outcome: Result<[Int], any Error>?

    init(_ session: WriteSession, _ rows: [SampleRow]) {
        self.session = session
        self.rows = rows
        let thread = Thread { [self] in
            outcome = Result { try self.session.write(self.rows).staged.rejections.keys.sorted() }
            done.signal()
        }
        thread.start()
    }

    func rejected() throws -> [Int] {
        done.wait()
        return try outcome?.get() ?? []
    }
}
