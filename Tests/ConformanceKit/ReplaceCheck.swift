import Connectors
import Model

/// What every destination must do that can replace a table. A connector's tests run all cases, each on a subject of its own.
public enum ReplaceCheck: String, CaseIterable, Sendable {
    case first = "a table that is not there comes with the swap, whole"
    case second = "a table in place stays as it is until the swap, and is another one after it"
    case empty = "a new table without records takes its place like others"
    case keyless = "a new table may have no key"
    case oddNames = "names with spaces, capitals and letters beyond ASCII are names like others"
    case duplicates = "a key that another batch has written already is rejected"
    case rollBack = "rolling back a swap leaves the old table in place, before and after apply"
    case discard = "what was not put in place can be removed, and made again"
    case stale = "the next run of the stream removes what an earlier one left"
    case otherCount = "a new table that holds another number of records is not put in place"
    case stranger = "a table that Sluice did not make is not replaced"
    case dependents = "a table that something hangs on is not replaced"
    case twoInstances = "two instances fill one new table"
    case evidence = "evidence agrees with what is there for swaps committed, rolled back and abandoned"
    case repeatedCalls = "resolving and discarding can be repeated"

    /// - Throws: `ConformanceFailure`, or what the connector threw where it should not have.
    public func run(on subject: ConformanceSubject) throws {
        var table = self == .oddNames ? Self.oddTable : .contacts()
        if self == .keyless { table.key = [] }
        switch self {
        case .first: try Self.checkFirst(subject, table)
        case .second: try Self.checkSecond(subject, table)
        case .empty: try Self.checkReplaced(subject, table, by: [])
        case .keyless: try Self.checkKeyless(subject, table)
        case .oddNames: try Self.checkReplaced(subject, table, by: Self.oddRows)
        case .duplicates: try Self.checkDuplicates(subject, table)
        case .rollBack: try Self.checkRollBack(subject, table)
        case .discard: try Self.checkDiscard(subject, table)
        case .stale: try Self.checkStale(subject, table)
        case .otherCount: try Self.checkOtherCount(subject, table)
        case .stranger: try Self.checkStranger(subject, table)
        case .dependents: try Self.checkDependents(subject, table)
        case .twoInstances: try Self.checkTwoInstances(subject, table)
        case .evidence: try Self.checkEvidence(subject, table)
        case .repeatedCalls: try Self.checkRepeatedCalls(subject, table)
        }
    }

    private static let oddTable = SampleTable(
        name: "Größe in m; DROP TABLE x --",
        columns: [
            SampleColumn("select", .integer, isNullable: false), SampleColumn("a \"b\" 'c'", .text),
            SampleColumn("ÄÖÜ, 日本", .real), SampleColumn("CamelCase", .bool),
        ],
        key: ["select"]
    )

    private static let oddRows: [SampleRow] = [
        [.integer(1), .text("new"), .real(1), .bool(true)], [.integer(2), .text("%s '"), .null, .null],
    ]

    private static func contacts(_ numbers: ClosedRange<Int>) -> [SampleRow] {
        numbers.map { SampleTable.contact($0) }
    }

    /// A run of its own that fills the new table of `table`.
    private static func session(
        _ subject: ConformanceSubject,
        _ table: SampleTable,
        of first: WriteSession? = nil
    ) throws -> WriteSession {
        guard let first else { return try WriteSession(subject, table, table.name, mode: .replace) }
        return try WriteSession(
            subject,
            table,
            table.name,
            installation: first.installation,
            run: first.run,
            mode: .replace
        )
    }

    /// A whole run.
    @discardableResult
    private static func replace(
        _ subject: ConformanceSubject,
        _ table: SampleTable,
        by rows: [SampleRow]
    ) throws -> WriteSession {
        let session = try session(subject, table)
        if !rows.isEmpty { _ = try session.write(rows) }
        _ = try session.swap(rows.count)
        return session
    }

    private static func checkReplaced(
        _ subject: ConformanceSubject,
        _ table: SampleTable,
        by rows: [SampleRow]
    ) throws {
        for _ in 1...2 {
            try replace(subject, table, by: rows)
            try requireEqual(try subject.rows(table), rows, "rows after the swap")
        }
    }

    private static func checkFirst(_ subject: ConformanceSubject, _ table: SampleTable) throws {
        let session = try session(subject, table)
        try requireEqual(session.target.table, table.name, "the target's table")
        try requireEqual(session.target.mode, .replace, "the target's mode")
        try requireEqual(session.write(contacts(1...10)).staged.plans, Array(repeating: .insert, count: 10), "plans")
        _ = try session.write(contacts(11...20))
        try require((try? subject.rows(table)) == nil, "the table is there before the swap")
        let swap = try session.swap(20)
        try requireEqual(swap.staged.plans, [], "plans of the swap")
        try require(swap.at.microseconds > 1_577_836_800_000_000, "committed at \(swap.at), before 2020")
        try requireEqual(try subject.rows(table), contacts(1...20), "rows after the swap")
    }

    private static func checkSecond(_ subject: ConformanceSubject, _ table: SampleTable) throws {
        try replace(subject, table, by: contacts(1...10))
        let next = try session(subject, table)
        _ = try next.write(contacts(5...15))
        _ = try next.write(contacts(16...17))
        try requireEqual(try subject.rows(table), contacts(1...10), "rows before the swap")
        _ = try next.stageSwap(13)
        next.destination.rollBack()
        try requireEqual(try subject.rows(table), contacts(1...10), "rows after a swap was staged and rolled back")
        _ = try next.swap(13)
        try requireEqual(try subject.rows(table), contacts(5...17), "rows after the swap")
    }

    private static func checkKeyless(_ subject: ConformanceSubject, _ table: SampleTable) throws {
        let session = try session(subject, table)
        for _ in 1...2 { _ = try session.write(contacts(1...3)) }
        _ = try session.swap(6)
        var ordered = table
        ordered.key = ["id"]
        let expected = [1, 1, 2, 2, 3, 3].map { SampleTable.contact($0) }
        try requireEqual(try subject.rows(ordered), expected, "rows after the swap")
    }

    private static func checkDuplicates(_ subject: ConformanceSubject, _ table: SampleTable) throws {
        let session = try session(subject, table)
        _ = try session.write(contacts(1...5))
        let second = try session.write(contacts(4...8))
        try requireEqual(second.staged.plans, [.reject, .reject, .insert, .insert, .insert], "plans")
        try requireEqual(second.staged.rejections[0]?.code, "duplicate_key", "code of the rejection")
        _ = try session.swap(8)
        try requireEqual(try subject.rows(table), contacts(1...8), "rows after the swap")
    }

    private static func checkRollBack(_ subject: ConformanceSubject, _ table: SampleTable) throws {
        try replace(subject, table, by: contacts(1...3))
        let session = try session(subject, table)
        _ = try session.write(contacts(4...6))
        for isApplied in [false, true] {
            _ = try session.stageSwap(3)
            if isApplied { try session.destination.apply() }
            session.destination.rollBack()
            try requireEqual(try subject.rows(table), contacts(1...3), "rows after rollBack")
        }
        _ = try session.stageSwap(3)
        try session.destination.apply()
        session.destination.close()
        try requireEqual(try subject.rows(table), contacts(1...3), "rows after close")
        let again = try Self.session(subject, table, of: session)
        _ = try again.swap(3)
        try requireEqual(try subject.rows(table), contacts(4...6), "rows after the swap")
    }

    private static func checkDiscard(_ subject: ConformanceSubject, _ table: SampleTable) throws {
        try replace(subject, table, by: contacts(1...3))
        let left = try session(subject, table)
        _ = try left.write(contacts(4...6))
        try left.closeTwice()
        let other = try subject.makeDestination()
        defer { other.close() }
        try other.discard(installation: left.installation, run: left.run)
        try requireEqual(try subject.rows(table), contacts(1...3), "rows after discard")
        try replace(subject, table, by: contacts(7...9))
        try other.discard(installation: left.installation, run: left.run)
        try requireEqual(try subject.rows(table), contacts(7...9), "rows of the next run")
    }

    private static func checkStale(_ subject: ConformanceSubject, _ table: SampleTable) throws {
        let left = try session(subject, table)
        _ = try left.write(contacts(1...3))
        let next = try WriteSession(
            subject,
            table,
            table.name,
            installation: left.installation,
            mode: .replace
        )
        _ = try next.write(contacts(4...6))
        _ = try next.swap(3)
        try requireEqual(try subject.rows(table), contacts(4...6), "rows after the swap")
        do {
            _ = try left.stageSwap(3)
            throw ConformanceFailure("a new table that the next run removed was put in place")
        } catch is WriteFailure {}
    }

    private static func checkOtherCount(_ subject: ConformanceSubject, _ table: SampleTable) throws {
        let session = try session(subject, table)
        _ = try session.write(contacts(1...3))
        do {
            _ = try session.stageSwap(4)
            throw ConformanceFailure("3 records were taken for 4")
        } catch WriteFailure.failed(let error) {
            try requireEqual(error.code, .conflict, "code of \(error)")
        }
        _ = try session.swap(3)
    }

    private static func checkStranger(_ subject: ConformanceSubject, _ table: SampleTable) throws {
        _ = try subject.makeTable(table)
        try subject.insert(table, contacts(1...3))
        try expectConflict("a table of somebody else") { _ = try session(subject, table) }
        try requireEqual(try subject.rows(table), contacts(1...3), "rows")
    }

    private static func checkDependents(_ subject: ConformanceSubject, _ table: SampleTable) throws {
        try replace(subject, table, by: contacts(1...3))
        let session = try session(subject, table)
        _ = try session.write(contacts(4...6))
        // A trigger, made while the new table was filled.
        _ = try subject.countWrites(table)
        do {
            _ = try session.stageSwap(3)
            try session.destination.apply()
            throw ConformanceFailure("a table with a trigger was replaced")
        } catch WriteFailure.failed(let error) {
            try requireEqual(error.code, .conflict, "code of \(error)")
        }
        try expectConflict("a table with a trigger") { _ = try Self.session(subject, table) }
        try requireEqual(try subject.rows(table), contacts(1...3), "rows")
    }

    private static func checkTwoInstances(_ subject: ConformanceSubject, _ table: SampleTable) throws {
        let first = try session(subject, table)
        let second = try session(subject, table, of: first)
        try requireEqual(second.target, first.target, "the target of both")
        _ = try first.write(contacts(1...10))
        _ = try second.write(contacts(11...20))
        _ = try second.swap(20)
        try requireEqual(try subject.rows(table), contacts(1...20), "rows after the swap")
    }

    private static func checkEvidence(_ subject: ConformanceSubject, _ table: SampleTable) throws {
        let session = try session(subject, table)
        _ = try session.write(contacts(1...5))
        let lost = WriteID.sample()
        let staged = try session.stageSwap(5, write: lost)
        try session.destination.apply()
        session.destination.rollBack()
        let rolledBack = session.doubt(lost, staged)
        let committed = try session.swap(5).inDoubt
        try session.endAttempt(rolledBack.transaction, committed.transaction)
        let other = try subject.makeDestination()
        defer { other.close() }
        for destination in [session.destination, other] {
            try DestinationCheck.expectApplied(destination, committed, "a committed swap")
            try DestinationCheck.expectNotApplied(destination, rolledBack, "a swap rolled back")
        }
        // As after a SIGKILL: nobody has ended the swap.
        let next = try Self.session(subject, table)
        _ = try next.write(contacts(6...9))
        let write = WriteID.sample()
        let abandoned = next.doubt(write, try next.stageSwap(4, write: write))
        try next.destination.apply()
        next.destination.close()
        let judge = try subject.makeDestination()
        defer { judge.close() }
        try judge.closeFence(
            installation: next.installation,
            run: next.run,
            attempt: next.attempt,
            transactions: [abandoned.transaction].filter { !$0.isEmpty }
        )
        try DestinationCheck.expectNotApplied(judge, abandoned, "a swap that was abandoned")
        try requireEqual(try subject.rows(table), contacts(1...5), "rows")
    }

    private static func checkRepeatedCalls(_ subject: ConformanceSubject, _ table: SampleTable) throws {
        let session = try session(subject, table)
        _ = try session.write(contacts(1...5))
        let again = try session.resolveAgain(table.name, .replace)
        try requireEqual(again, session.target, "the target resolved again")
        _ = try session.swap(5)
        try session.closeTwice()
        for _ in 1...2 {
            try session.destination.discard(installation: session.installation, run: session.run)
        }
        try requireEqual(try subject.rows(table), contacts(1...5), "rows")
    }

    private static func expectConflict(_ what: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as SluiceError {
            return try requireEqual(error.code, .conflict, "code of \(error)")
        }
        throw ConformanceFailure("\(what) was taken for one to replace")
    }
}

extension WriteSession {
    fileprivate func replacing() throws -> any ReplacingDestination {
        guard let replacing = destination as? any ReplacingDestination else {
            throw ConformanceFailure("the destination cannot replace tables")
        }
        return replacing
    }

    fileprivate func stageSwap(_ records: Int, write: WriteID = .sample()) throws -> StagedWrite {
        try replacing().stageSwap(identity(write), target: target, records: records)
    }

    fileprivate func swap(_ records: Int) throws -> CommittedWrite {
        let write = WriteID.sample()
        let staged = try stageSwap(records, write: write)
        try destination.apply()
        return CommittedWrite(identity: identity(write), staged: staged, at: try destination.commit())
    }

    fileprivate func doubt(_ write: WriteID, _ staged: StagedWrite) -> WriteInDoubt {
        WriteInDoubt(identity: identity(write), transaction: staged.transaction, system: staged.system)
    }
}
