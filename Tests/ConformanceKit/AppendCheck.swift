import Connectors
import Model

/// What every destination must do in write mode `append`. A connector's tests run all cases, each on a subject of its own.
public enum AppendCheck: String, CaseIterable, Sendable {
    case commit = "commit appends exactly the staged rows, however often"
    case values = "values that were written are read back as they were handed over"
    case unseen = "nothing of a write is seen before its commit"
    case emptyWrite = "a write without rows, and one of rejected rows only, commit and are evidenced"
    case oddNames = "names with quotes, spaces, capitals and letters beyond ASCII are names like others"
    case rollBack = "rolling back leaves nothing, before and after apply"
    case handedRejections = "rows handed over as rejected are planned so and not written"
    case twoInstances = "two instances write at the same time"
    case evidence = "evidence agrees with what is there for writes committed, rolled back and never begun"
    case evidenceElsewhere = "evidence is found by an instance that never wrote"
    case repeatedCalls = "openGate, resolve, openFence, rollBack, closeGate, closeFence and close can be repeated"

    /// - Throws: `ConformanceFailure`, or what the connector threw where it should not have.
    public func run(on subject: ConformanceSubject) throws {
        let table = self == .oddNames ? Self.oddTable : .contacts()
        let stream = try subject.makeTable(table)
        let session = try WriteSession(subject, table, stream, mode: .append)
        try requireEqual(session.target.isAppend, true, "the target is one to append to")
        switch self {
        case .commit: try Self.checkCommit(subject, session)
        case .values: try Self.checkValues(subject, session)
        case .unseen: try Self.checkUnseen(subject, session)
        case .emptyWrite: try Self.checkEmptyWrite(subject, session)
        case .oddNames: try Self.checkOddNames(subject, session)
        case .rollBack: try Self.checkRollBack(subject, session)
        case .handedRejections: try Self.checkHandedRejections(subject, session)
        case .twoInstances: try Self.checkTwoInstances(subject, session, stream)
        case .evidence: try Self.checkEvidence(subject, session)
        case .evidenceElsewhere: try Self.checkEvidenceElsewhere(subject, session)
        case .repeatedCalls: try Self.checkRepeatedCalls(subject, session, stream)
        }
    }

    private static let oddTable = SampleTable(
        name: "Größe \"in\" m; DROP TABLE x --",
        columns: [
            SampleColumn("select", .integer, isNullable: false),
            SampleColumn("a \"b\" 'c'", .text),
            SampleColumn("ÄÖÜ, 日本", .real),
            SampleColumn("CamelCase", .bool),
        ],
        key: ["select"]
    )

    private static func contacts(_ numbers: ClosedRange<Int>) -> [SampleRow] {
        numbers.map { SampleTable.contact($0) }
    }

    private static func checkCommit(_ subject: ConformanceSubject, _ session: WriteSession) throws {
        let rows = contacts(1...40)
        let committed = try session.write(rows)
        try requireEqual(committed.staged.plans, rows.map { _ in .insert }, "plans")
        try require(committed.at.microseconds > 1_577_836_800_000_000, "committed at \(committed.at), before 2020")
        try requireEqual(try subject.rows(session.table), rows, "rows after commit")
        try requireEqual(try session.after(committed.staged, of: rows), rows, "rows that the write announced")
        // Keys that are there already are no matter.
        _ = try session.write(Array(rows.prefix(5)))
        let all = try subject.rows(session.table)
        try requireEqual(all.count, 45, "rows after a second commit")
        try requireEqual(all.count { $0 == rows[0] }, 2, "rows like the first one")
    }

    private static func checkValues(_ subject: ConformanceSubject, _ session: WriteSession) throws {
        let reals: [Double] = [
            0, 1, -1.5, 0.1, 1e-300, 1.7976931348623157e308, .leastNonzeroMagnitude, .infinity, -.infinity,
        ]
        let long = String(repeating: "long ", count: 5_000)
        let texts = [
            "", "a", "007", "1e3", " 5 ", "'\"\\", "\"", "\"\"", "a,b;c", "é日本🛶", long, "\r\n\t", "\u{1}", "null",
            "\\N",
        ]
        let integers: [Int64] = [0, 1, -1, 65_536, .max, .min]
        var rows = reals.map { [.null, .real($0), .null, .null] as SampleRow }
        rows += texts.map { [.text($0), .null, .bool(true), .null] }
        rows += integers.map { [.null, .null, .bool(false), .integer($0)] }
        rows += [[.null, .null, .null, .null]]
        rows = rows.enumerated().map { [.integer(Int64($0))] + $1 }
        _ = try session.write(rows)
        try requireEqual(try subject.rows(session.table), rows, "values written")
    }

    private static func checkUnseen(_ subject: ConformanceSubject, _ session: WriteSession) throws {
        _ = try session.stage(contacts(1...10))
        try requireEqual(try subject.rows(session.table), [], "rows after stage")
        try session.destination.apply()
        try requireEqual(try subject.rows(session.table), [], "rows after apply")
        _ = try session.destination.commit()
        try requireEqual(try subject.rows(session.table), contacts(1...10), "rows after commit")
    }

    private static func checkEmptyWrite(_ subject: ConformanceSubject, _ session: WriteSession) throws {
        let handed = Rejection(code: "malformed", field: "", reason: "as the kit says")
        for (rows, rejections) in [([], [:]), (contacts(1...2), [0: handed, 1: handed])] {
            let committed = try session.write(rows, rejections: rejections)
            try session.endAttempt(committed.inDoubt.transaction)
            let what = "a write of \(rows.count) rejected rows"
            try DestinationCheck.expectApplied(session.destination, committed.inDoubt, what)
        }
        try requireEqual(try subject.rows(session.table), [], "rows")
    }

    private static func checkOddNames(_ subject: ConformanceSubject, _ session: WriteSession) throws {
        let rows: [SampleRow] = [
            [.integer(1), .text("new"), .real(1), .bool(true)], [.integer(2), .text("new"), .real(2), .bool(false)],
        ]
        _ = try session.write(rows)
        try requireEqual(try subject.rows(session.table), rows, "rows after commit")
    }

    private static func checkRollBack(_ subject: ConformanceSubject, _ session: WriteSession) throws {
        let rows = contacts(1...10)
        _ = try session.stage(rows)
        session.destination.rollBack()
        _ = try session.stage(rows)
        try session.destination.apply()
        session.destination.rollBack()
        session.destination.rollBack()
        try requireEqual(try subject.rows(session.table), [], "rows after stage, apply and rollBack")
        var late: WriteFailure?
        do {
            _ = try session.destination.commit()
        } catch let failure as WriteFailure {
            late = failure
        }
        try require(late != nil, "commit succeeded after rollBack")
        _ = try session.stage(rows)
        try session.destination.apply()
        session.destination.close()
        try requireEqual(try subject.rows(session.table), [], "rows after stage, apply and close")
        _ = try session.write(rows)
        try requireEqual(try subject.rows(session.table), rows, "rows after the next write")
    }

    private static func checkHandedRejections(_ subject: ConformanceSubject, _ session: WriteSession) throws {
        let rows = contacts(1...6)
        let handed = Rejection(code: "invalid_value", field: "email", reason: "as the kit says")
        let staged = try session.write(rows, rejections: [0: handed, 4: handed]).staged
        try requireEqual(staged.plans, [.reject, .insert, .insert, .insert, .reject, .insert], "plans")
        try requireEqual(staged.rejections, [0: handed, 4: handed], "rejections")
        let expected = [rows[1], rows[2], rows[3], rows[5]]
        try requireEqual(try subject.rows(session.table), expected, "rows after commit")
    }

    private static func checkTwoInstances(
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
            mode: .append
        )
        if type(of: first.destination).capabilities.isSingleWriter {
            for session in [first, second] { _ = try session.write(contacts(1...10)) }
        } else {
            for session in [first, second] {
                _ = try session.stage(contacts(1...10))
                try session.destination.apply()
            }
            for session in [second, first] { _ = try session.destination.commit() }
        }
        let rows = try subject.rows(first.table)
        try requireEqual(rows.count, 20, "rows of two writes")
        try requireEqual(Set(rows), Set(contacts(1...10)), "rows of two writes")
    }

    private static func checkEvidence(_ subject: ConformanceSubject, _ session: WriteSession) throws {
        let rows = contacts(1...5)
        let committed = try session.write(rows).inDoubt
        let write = WriteID.sample()
        let staged = try session.stage(rows, write: write)
        try session.destination.apply()
        session.destination.rollBack()
        let rolledBack = WriteInDoubt(
            identity: session.identity(write),
            transaction: staged.transaction,
            system: staged.system
        )
        let never = WriteInDoubt(identity: session.identity(.sample()), transaction: "", system: staged.system)
        try session.endAttempt(committed.transaction, rolledBack.transaction)
        for _ in 1...2 {
            try DestinationCheck.expectApplied(session.destination, committed, "a committed write")
            try DestinationCheck.expectNotApplied(session.destination, rolledBack, "a write rolled back")
            let evidence = try session.destination.evidence(of: never)
            if case .applied = evidence { throw ConformanceFailure("a write never begun: \(evidence)") }
        }
        try requireEqual(try subject.rows(session.table), rows, "rows")
    }

    private static func checkEvidenceElsewhere(_ subject: ConformanceSubject, _ session: WriteSession) throws {
        let rows = contacts(1...5)
        let committed = try session.write(rows).inDoubt
        let write = WriteID.sample()
        let staged = try session.stage(rows, write: write)
        try session.destination.apply()
        let abandoned = WriteInDoubt(
            identity: session.identity(write),
            transaction: staged.transaction,
            system: staged.system
        )
        // As after a SIGKILL: nobody has ended the write.
        let other = try subject.makeDestination()
        defer { other.close() }
        try other.closeFence(
            installation: session.installation,
            run: session.run,
            attempt: session.attempt,
            transactions: [committed.transaction, abandoned.transaction].filter { !$0.isEmpty }
        )
        for _ in 1...2 {
            try DestinationCheck.expectApplied(other, committed, "a committed write")
            try DestinationCheck.expectNotApplied(other, abandoned, "a write that was prepared and abandoned")
            // And as after a close, which ends it.
            session.destination.close()
        }
    }

    private static func checkRepeatedCalls(
        _ subject: ConformanceSubject,
        _ session: WriteSession,
        _ stream: String
    ) throws {
        let destination = session.destination
        for _ in 1...2 {
            try destination.openGate(installation: session.installation, run: session.run)
            let again = try session.resolveAgain(stream, .append)
            try requireEqual(again, session.target, "the target resolved again")
            destination.rollBack()
        }
        _ = try session.write(contacts(1...5))
        try session.closeTwice()
        destination.close()
        destination.close()
        try destination.check()
        try requireEqual(try subject.rows(session.table), contacts(1...5), "rows")
    }
}
