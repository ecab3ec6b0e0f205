import Connectors
import Model
import Testing

/// What only SQLite knows of ledgers and deletes: foreign keys, triggers, collations.
@Suite final class SQLiteMirrorTests {
    private let subject: SQLiteSubject
    private let installation = InstallationID.make(milliseconds: 1)

    init() throws {
        subject = try SQLiteSubject()
    }

    private func identity(_ run: RunID) -> WriteIdentity {
        WriteIdentity(
            installation: installation,
            run: run,
            attempt: .make(milliseconds: 2),
            write: .make(milliseconds: 3)
        )
    }

    private func kept(_ run: RunID, fields: [String] = ["id"]) throws -> (any LedgerDestination, Target) {
        let keeper = try #require(try subject.destination() as? any LedgerDestination)
        try keeper.openGate(installation: installation, run: run)
        let target = try keeper.resolve(table: "t", fields: fields, key: ["id"], mode: .mirror)
        let ledger = KeyLedger(
            installation: installation,
            run: run,
            job: "job",
            stream: "s",
            isMirror: true
        )
        return (keeper, try keeper.keep(ledger, of: target))
    }

    private func written(_ run: RunID, _ ids: [String]) throws -> (any LedgerDestination, Target, StagedWrite) {
        let (keeper, target) = try kept(run)
        var rows = RowBatch(width: 1)
        for id in ids {
            rows.append(id.utf8)
            rows.endRow()
        }
        let staged = try keeper.stage(identity(run), target: target, rows: rows, rejections: [:])
        try keeper.apply()
        _ = try keeper.commit()
        return (keeper, target, staged)
    }

    @Test func `a row that a foreign key or a trigger keeps is rejected alone, and stays the stream's own`() throws {
        try subject.execute(
            """
            CREATE TABLE t (id TEXT PRIMARY KEY);
            CREATE TABLE child (t TEXT REFERENCES t);
            CREATE TABLE late (t TEXT REFERENCES t DEFERRABLE INITIALLY DEFERRED);
            CREATE TRIGGER keep BEFORE DELETE ON t WHEN old.id = 'd' BEGIN SELECT RAISE(IGNORE); END;
            CREATE TRIGGER shout BEFORE DELETE ON t WHEN old.id = 'e' BEGIN SELECT RAISE(ABORT, 'not e'); END;
            """
        )
        _ = try written(.make(milliseconds: 10), ["a", "b", "c", "d", "e", "f", "g"])
        try subject.execute("INSERT INTO child VALUES ('b'); INSERT INTO late VALUES ('c')")
        let run = RunID.make(milliseconds: 20)
        let (keeper, target, _) = try written(run, ["a"])
        #expect(try keeper.planDeletes(of: target) == DeletePlan(rows: 6, owned: 7, keyless: 0))
        var write = identity(run)
        write.write = .make(milliseconds: 21)
        let (staged, rows) = try keeper.stageDeletes(write, target: target, numbers: 1...6)
        #expect(staged.plans == [.reject, .reject, .reject, .reject, .delete, .delete])
        #expect(
            staged.rejections.mapValues(\.code) == [0: "constraint", 1: "constraint", 2: "constraint", 3: "constraint"]
        )
        #expect(staged.rejections[3]?.reason.contains("not e") == true)
        #expect(rows.texts(0).prefix(4) == ["b", "c", "d", "e"])
        try keeper.apply()
        _ = try keeper.commit()
        #expect(try subject.query("SELECT id FROM t ORDER BY id") == ["'a'", "'b'", "'c'", "'d'", "'e'"])
        let owned = try subject.query("SELECT name FROM sqlite_schema WHERE name LIKE 'sluice_owned_%'")
        #expect(try subject.query("SELECT count(*) FROM \(owned[0].filter { $0 != "'" })") == ["5"])
    }

    @Test func `where a delete would do more than that a mirror is refused`() throws {
        try subject.execute(
            "CREATE TABLE t (id TEXT PRIMARY KEY); CREATE TABLE child (t TEXT REFERENCES T ON DELETE SET NULL)"
        )
        let error = #expect(throws: SluiceError.self) { _ = try kept(.make(milliseconds: 10)) }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("rows of \"child\", which references it ON DELETE CASCADE") == true)
    }

    @Test func `keys are the same where the table's collation says so`() throws {
        try subject.execute("CREATE TABLE t (id TEXT PRIMARY KEY COLLATE NOCASE)")
        let run = RunID.make(milliseconds: 10)
        _ = try written(run, ["a", "b"])
        let (keeper, target, staged) = try written(run, ["A", "c"])
        #expect(staged.plans == [.reject, .insert])
        #expect(staged.rejections[0]?.code == "duplicate_key")
        #expect(try keeper.planDeletes(of: target) == DeletePlan(rows: 0, owned: 3, keyless: 0))
    }
}
