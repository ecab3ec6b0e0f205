import Connectors
import Foundation
import Model

extension DestinationCheck {
    static func checkEvidence(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        let rows = (1...5).map { SampleTable.contact($0) }
        let session = try WriteSession(subject, table, stream)
        let committed = try session.write(rows).inDoubt
        let write = WriteID.sample()
        let staged = try session.stage(rows.map(changed), write: write)
        try session.destination.apply()
        session.destination.rollBack()
        let rolledBack = WriteInDoubt(
            identity: session.identity(write),
            transaction: staged.transaction,
            system: staged.system
        )
        let never = WriteInDoubt(
            identity: session.identity(.sample()),
            transaction: "",
            system: staged.system
        )
        try session.endAttempt(committed.transaction, rolledBack.transaction)
        for _ in 1...2 {
            try expectApplied(session.destination, committed, "a committed write")
            try expectNotApplied(session.destination, rolledBack, "a write rolled back")
            try expectNotApplied(session.destination, never, "a write never begun")
        }
        try requireEqual(try subject.rows(table), rows, "rows")
    }

    static func checkEvidenceElsewhere(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        let rows = (1...5).map { SampleTable.contact($0) }
        let session = try WriteSession(subject, table, stream)
        let committed = try session.write(rows).inDoubt
        let write = WriteID.sample()
        let staged = try session.stage(rows.map(changed), write: write)
        try session.destination.apply()
        let abandoned = WriteInDoubt(
            identity: session.identity(write),
            transaction: staged.transaction,
            system: staged.system
        )
        session.destination.close()
        let other = try subject.makeDestination()
        defer { other.close() }
        try other.closeFence(
            installation: session.installation,
            run: session.run,
            attempt: committed.identity.attempt,
            transactions: [committed.transaction, abandoned.transaction].filter { !$0.isEmpty }
        )
        try expectApplied(other, committed, "a committed write")
        try expectNotApplied(other, abandoned, "a write whose instance was closed")
    }

    static func checkClosedGate(_ subject: ConformanceSubject) throws {
        guard try fenced(subject) else { return }
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        let rows = (1...5).map { SampleTable.contact($0) }
        let session = try WriteSession(subject, table, stream)
        let other = try WriteSession(subject, table, stream, installation: session.installation)
        let staged = try session.stage(rows)
        try session.destination.apply()
        let closer = try subject.makeDestination()
        defer { closer.close() }
        for _ in 1...2 {
            try closer.closeGate(
                installation: session.installation,
                run: session.run,
                attempts: [session.attempt],
                transactions: [staged.transaction]
            )
        }
        try expectRefused("commit behind a closed gate") { _ = try session.destination.commit() }
        try requireEqual(try subject.rows(table), [], "rows after the gate was closed")
        try expectRefused("a new write behind a closed gate") { _ = try session.write(rows) }
        try expect(.conflict, naming: [], "openGate of a run whose gate is closed") {
            try closer.openGate(installation: session.installation, run: session.run)
        }
        _ = try other.write(rows)
        try requireEqual(try subject.rows(table), rows, "rows that another run has written")
    }

    static func checkClosedFence(_ subject: ConformanceSubject) throws {
        guard try fenced(subject) else { return }
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        let rows = (1...5).map { SampleTable.contact($0) }
        let session = try WriteSession(subject, table, stream)
        let other = try WriteSession(subject, table, stream, installation: session.installation, run: session.run)
        let staged = try session.stage(rows)
        try session.destination.apply()
        let closer = try subject.makeDestination()
        defer { closer.close() }
        let never = AttemptID.sample()
        for attempt in [session.attempt, session.attempt, never] {
            try closer.closeFence(
                installation: session.installation,
                run: session.run,
                attempt: attempt,
                transactions: attempt == never ? [] : [staged.transaction]
            )
        }
        try expectRefused("commit behind a closed fence") { _ = try session.destination.commit() }
        try requireEqual(try subject.rows(table), [], "rows after the fence was closed")
        try expect(.conflict, naming: [], "openFence of an attempt whose fence was closed before it was opened") {
            try closer.openFence(
                WriteIdentity(
                    installation: session.installation,
                    run: session.run,
                    attempt: never,
                    write: .sample()
                )
            )
        }
        _ = try other.write(rows)
        try requireEqual(try subject.rows(table), rows, "rows that another attempt has written")
    }

    static func checkRepeatedCalls(_ subject: ConformanceSubject) throws {
        let table = SampleTable.contacts()
        let stream = try subject.makeTable(table)
        let session = try WriteSession(subject, table, stream)
        let destination = session.destination
        for _ in 1...2 {
            try destination.openGate(installation: session.installation, run: session.run)
            let again = try destination.resolve(
                table: stream,
                fields: table.columns.map(\.name),
                key: table.key
            )
            try requireEqual(again, session.target, "the target resolved again")
            destination.rollBack()
        }
        let rows = (1...5).map { SampleTable.contact($0) }
        _ = try session.write(rows)
        try session.closeTwice()
        destination.close()
        destination.close()
        try destination.check()
        try requireEqual(try destination.discover(stream: stream).map(\.name), [stream], "streams after close")
        try requireEqual(try subject.rows(table), rows, "rows")
    }

    static func expectApplied(_ destination: any Destination, _ write: WriteInDoubt, _ what: String) throws {
        let evidence = try destination.evidence(of: write)
        let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
        guard case .applied(_, let at?) = evidence, now - at.microseconds < 60_000_000 else {
            throw ConformanceFailure("evidence of \(what): expected applied within the last minute, got \(evidence)")
        }
    }

    static func expectNotApplied(
        _ destination: any Destination,
        _ write: WriteInDoubt,
        _ what: String
    ) throws {
        let evidence = try destination.evidence(of: write)
        guard case .notApplied = evidence else {
            throw ConformanceFailure("evidence of \(what): expected notApplied, got \(evidence)")
        }
    }

    private static func fenced(_ subject: ConformanceSubject) throws -> Bool {
        let destination = try subject.makeDestination()
        defer { destination.close() }
        return type(of: destination).capabilities.hasFence
    }

    /// Executes what a closed gate or fence must end.
    private static func expectRefused(_ what: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch WriteFailure.fenced {
            return
        } catch WriteFailure.rolledBack {
            return
        } catch let error as SluiceError where error.code == .conflict {
            return
        }
        throw ConformanceFailure("\(what) was not refused")
    }
}
