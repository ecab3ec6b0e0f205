import ConformanceKit
import Testing

@Suite struct SQLiteConformanceTests {
    @Test(arguments: SourceCheck.allCases, SQLiteSubject.Journal.allCases)
    func `an SQLite source passes`(_ check: SourceCheck, _ journal: SQLiteSubject.Journal) throws {
        try check.run(on: SQLiteSubject(journal).conformance())
    }

    @Test(arguments: SourceCheck.allCases)
    func `an SQLite source of tables without row ids passes`(_ check: SourceCheck) throws {
        try check.run(on: SQLiteSubject().conformance(isWithoutRowID: true))
    }

    @Test(arguments: DestinationCheck.allCases, SQLiteSubject.Journal.allCases)
    func `an SQLite destination passes`(_ check: DestinationCheck, _ journal: SQLiteSubject.Journal) throws {
        try check.run(on: SQLiteSubject(journal).conformance())
    }

    @Test(arguments: DestinationCheck.allCases)
    func `an SQLite destination of tables without row ids passes`(_ check: DestinationCheck) throws {
        try check.run(on: SQLiteSubject().conformance(isWithoutRowID: true))
    }

    @Test(arguments: LedgerCheck.allCases, SQLiteSubject.Journal.allCases)
    func `an SQLite destination that keeps account of keys passes`(
        _ check: LedgerCheck,
        _ journal: SQLiteSubject.Journal
    ) throws {
        try check.run(on: SQLiteSubject(journal).conformance())
    }

    @Test(arguments: MirrorCheck.allCases, [false, true])
    func `an SQLite destination that is mirrored to passes`(_ check: MirrorCheck, _ isWithoutRowID: Bool) throws {
        try check.run(on: SQLiteSubject().conformance(isWithoutRowID: isWithoutRowID))
    }

    @Test(arguments: AppendCheck.allCases, SQLiteSubject.Journal.allCases)
    func `an SQLite destination to append to passes`(_ check: AppendCheck, _ journal: SQLiteSubject.Journal) throws {
        try check.run(on: SQLiteSubject(journal).conformance(isWithoutKey: true))
    }

    @Test(arguments: ReplaceCheck.allCases, SQLiteSubject.Journal.allCases)
    func `an SQLite destination to replace tables of passes`(
        _ check: ReplaceCheck,
        _ journal: SQLiteSubject.Journal
    ) throws {
        try check.run(on: SQLiteSubject(journal).conformance())
    }
}
