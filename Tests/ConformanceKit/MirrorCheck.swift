import Connectors
import Model

/// What a destination that streams are mirrored to must do. Each case runs on a subject of its own.
public enum MirrorCheck: String, CaseIterable, Sendable {
    case gone = "of the rows that the stream wrote those are deleted whose key no record has, and no other ones"
    case undone = "deletes that are rolled back or abandoned delete nothing, and can be done again, in pieces"
    case changed = "a row that somebody else changes meanwhile is journalled as it was deleted"
    case seen = "a rejected record has its key, and records without one are counted"
    case owned = "what was deleted or is gone is no longer the stream's own"
    case fenced = "deletes are evidenced, and none commits behind a closed fence"

    /// - Throws: `ConformanceFailure`, or what the connector threw where it should not have.
    public func run(on subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let mirror = Mirror(subject, table, try subject.makeTable(table))
        switch self {
        case .gone: try Self.checkGone(mirror)
        case .undone: try Self.checkUndone(mirror)
        case .changed: try Self.checkChanged(mirror)
        case .seen: try Self.checkSeen(mirror)
        case .owned: try Self.checkOwned(mirror)
        case .fenced: try Self.checkFenced(mirror)
        }
    }

    private static func contacts(_ numbers: ClosedRange<Int>) -> [SampleRow] {
        numbers.map { SampleTable.contact($0) }
    }

    private static func checkGone(_ mirror: Mirror) throws {
        try mirror.subject.insert(mirror.table, contacts(1...10))
        // 1...5 are as they were and so stay somebody else's; 6...10 are updated, 11...20 inserted.
        let first = contacts(1...5) + (6...20).map { DestinationCheck.changed(SampleTable.contact($0)) }
        let run = try mirror.session()
        _ = try run.write(first)
        try requireEqual(try mirror.plan(run), DeletePlan(rows: 0, owned: 15, keyless: 0), "deletes of the first run")
        try mirror.subject.insert(mirror.table, contacts(100...103))
        let next = try mirror.session()
        _ = try next.write(Array(first[5..<12]))
        for _ in 1...2 {
            try requireEqual(
                try mirror.plan(next),
                DeletePlan(rows: 8, owned: 15, keyless: 0),
                "deletes of the second run"
            )
        }
        let staged = try mirror.stage(next, 1...8)
        try requireEqual(staged.plans, Array(repeating: .delete, count: 8), "plans")
        try requireEqual(try next.before(staged), Array(first[12...]), "before-images")
        try next.destination.apply()
        _ = try next.destination.commit()
        try requireEqual(
            try mirror.subject.rows(mirror.table),
            Array(first[..<12]) + contacts(100...103),
            "rows after the deletes"
        )
    }

    private static func checkUndone(_ mirror: Mirror) throws {
        let run = try mirror.written(contacts(1...10), then: contacts(1...3))
        try requireEqual(try mirror.plan(run), DeletePlan(rows: 7, owned: 10, keyless: 0), "deletes")
        _ = try mirror.stage(run, 1...7)
        run.destination.rollBack()
        _ = try mirror.stage(run, 1...7)
        try run.destination.apply()
        // As after a SIGKILL.
        run.destination.close()
        try requireEqual(try mirror.subject.rows(mirror.table), contacts(1...10), "rows after what was given up")
        let next = try mirror.session(of: run)
        try requireEqual(try mirror.plan(next), DeletePlan(rows: 7, owned: 10, keyless: 0), "deletes, asked again")
        try mirror.delete(next, 4...7)
        try requireEqual(try mirror.subject.rows(mirror.table), contacts(1...6), "rows after the second piece")
        try requireEqual(try mirror.plan(next).rows, 7, "deletes, asked while they are done")
        try mirror.delete(next, 1...3)
        try requireEqual(try mirror.subject.rows(mirror.table), contacts(1...3), "rows after both")
    }

    private static func checkChanged(_ mirror: Mirror) throws {
        let run = try mirror.written(contacts(1...4), then: contacts(1...2))
        _ = try mirror.plan(run)
        let others = [DestinationCheck.changed(SampleTable.contact(4))]
        _ = try WriteSession(mirror.subject, mirror.table, mirror.stream).write(others)
        let staged = try mirror.stage(run, 1...2)
        try requireEqual(try run.before(staged), [SampleTable.contact(3)] + others, "before-images")
        try run.destination.apply()
        _ = try run.destination.commit()
        try requireEqual(try mirror.subject.rows(mirror.table), contacts(1...2), "rows")
    }

    private static func checkSeen(_ mirror: Mirror) throws {
        let run = try mirror.written(contacts(1...6), then: [])
        var rows = contacts(1...4)
        rows[2][0] = .null
        rows[3][0] = .null
        let handed = Rejection(code: "invalid_value", field: "email", reason: "as the kit says")
        _ = try run.write(rows, rejections: [0: handed, 1: handed, 2: handed])
        try requireEqual(try mirror.plan(run), DeletePlan(rows: 4, owned: 6, keyless: 2), "deletes")
    }

    private static func checkOwned(_ mirror: Mirror) throws {
        let run = try mirror.written(contacts(1...6), then: contacts(1...4))
        _ = try mirror.plan(run)
        try mirror.delete(run, 1...2)
        let again = try mirror.session(of: run)
        let staged = try mirror.stage(again, 1...2)
        try requireEqual(staged.plans, [.unchanged, .unchanged], "plans for rows that are gone")
        again.destination.rollBack()
        // Somebody else puts one of them there again.
        try mirror.subject.insert(mirror.table, contacts(5...5))
        let next = try mirror.written([], then: contacts(1...4))
        try requireEqual(try mirror.plan(next), DeletePlan(rows: 0, owned: 4, keyless: 0), "deletes of the next run")
        try requireEqual(try mirror.subject.rows(mirror.table), contacts(1...5), "rows")
    }

    private static func checkFenced(_ mirror: Mirror) throws {
        let run = try mirror.written(contacts(1...4), then: contacts(1...1))
        _ = try mirror.plan(run)
        let committed = try mirror.delete(run, 1...1)
        let write = WriteID.sample()
        let staged = try mirror.stage(run, 2...3, write: write)
        try run.destination.apply()
        let abandoned = WriteInDoubt(
            identity: run.identity(write),
            transaction: staged.transaction,
            system: staged.system
        )
        if type(of: run.destination).capabilities.hasFence {
            let closer = try mirror.subject.makeDestination()
            defer { closer.close() }
            try closer.closeFence(
                installation: run.installation,
                run: run.run,
                attempt: run.attempt,
                transactions: [staged.transaction]
            )
            var failure: WriteFailure?
            do {
                _ = try run.destination.commit()
            } catch let found as WriteFailure {
                failure = found
            }
            try require(failure != nil, "deletes committed behind a closed fence")
        } else {
            run.destination.close()
        }
        let judge = try mirror.subject.makeDestination()
        defer { judge.close() }
        try DestinationCheck.expectApplied(judge, committed, "deletes that were committed")
        try DestinationCheck.expectNotApplied(judge, abandoned, "deletes that were not")
        try requireEqual(
            try mirror.subject.rows(mirror.table),
            [contacts(1...1), contacts(3...4)].flatMap(\.self),
            "rows"
        )
    }
}

/// A job that mirrors into one table, run after run.
private struct Mirror {
    let subject: ConformanceSubject
    let table: SampleTable
    let stream: String
    private let installation = InstallationID.sample()

    init(_ subject: ConformanceSubject, _ table: SampleTable, _ stream: String) {
        self.subject = subject
        self.table = table
        self.stream = stream
    }

    /// A worker of a new run, or of that of another one.
    func session(of other: WriteSession? = nil) throws -> WriteSession {
        try WriteSession(
            subject,
            table,
            stream,
            installation: installation,
            run: other?.run ?? .sample(),
            mode: .mirror,
            job: "job"
        )
    }

    /// The run behind one that wrote `before`, when it has written `rows`.
    func written(_ before: [SampleRow], then rows: [SampleRow]) throws -> WriteSession {
        if !before.isEmpty { _ = try session().write(before) }
        let run = try session()
        if !rows.isEmpty { _ = try run.write(rows) }
        return run
    }

    func plan(_ session: WriteSession) throws -> DeletePlan {
        try keeper(session).planDeletes(of: session.target)
    }

    func stage(_ session: WriteSession, _ numbers: ClosedRange<Int>, write: WriteID = .sample()) throws -> StagedWrite {
        let identity = session.identity(write)
        let (staged, rows) = try keeper(session).stageDeletes(identity, target: session.target, numbers: numbers)
        try requireEqual(staged.plans.count, numbers.count, "plans for \(numbers.count) numbers")
        try requireEqual(rows.count, numbers.count, "rows for \(numbers.count) numbers")
        try requireEqual(staged.before.count, staged.plans.count { $0 == .delete }, "before-images")
        return staged
    }

    @discardableResult
    func delete(_ session: WriteSession, _ numbers: ClosedRange<Int>) throws -> WriteInDoubt {
        let write = WriteID.sample()
        let staged = try stage(session, numbers, write: write)
        try session.destination.apply()
        _ = try session.destination.commit()
        return WriteInDoubt(identity: session.identity(write), transaction: staged.transaction, system: staged.system)
    }

    private func keeper(_ session: WriteSession) throws -> any LedgerDestination {
        guard let keeper = session.destination as? any LedgerDestination else {
            throw ConformanceFailure("it keeps no account of keys")
        }
        return keeper
    }
}
