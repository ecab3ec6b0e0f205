import Connectors
import Drivers
import Foundation
import Model
import TestSupport
import Testing

@Suite struct SQLiteEvidenceTests {
    let subject: SQLiteSubject
    let writer: SQLiteWriter
    let identity: WriteIdentity
    let system: String

    init() throws {
        subject = try SQLiteSubject()
        try subject.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        writer = try subject.writer("t", ["id"], key: ["id"])
        identity = writer.identity()
        system = try writer.stage([["1"]], as: identity).system
        try writer.destination.apply()
        _ = try writer.destination.commit()
        writer.destination.close()
    }

    private func evidence(_ write: WriteID? = nil, system: String? = nil) throws -> String {
        let identity = write.map { writer.identity($0) } ?? identity
        let inDoubt = WriteInDoubt(identity: identity, transaction: "", system: system ?? self.system)
        return "\(try subject.destination().evidence(of: inDoubt))"
    }

    @Test func `evidence of a file that is gone, or has no markers, is unknowable`() throws {
        #expect(try evidence().hasPrefix("applied"))
        try subject.execute("DROP TABLE sluice_marker")
        #expect(try evidence().contains("has no table sluice_marker"))
        #expect(try evidence().hasPrefix("unknowable"))
        try FileManager.default.removeItem(atPath: subject.path)
        #expect(try evidence().hasPrefix("unknowable"))
    }

    @Test func `a missing marker in another file than was written to is unknowable`() throws {
        let never = WriteID.make(milliseconds: 1_767_225_600_000)
        #expect(try evidence(never).hasPrefix("notApplied"))
        let copy = subject.directory.file("copy.db")
        try FileManager.default.copyItem(atPath: subject.path, toPath: copy)
        try FileManager.default.removeItem(atPath: subject.path)
        try FileManager.default.moveItem(atPath: copy, toPath: subject.path)
        #expect(try evidence(never).hasPrefix("unknowable"))
        #expect(try evidence().hasPrefix("applied"))
    }

    @Test func `a process killed while it wrote has applied nothing, and its rows are as before`() throws {
        let copy = try subject.copyInMidWrite()
        let destination = try Registry.destination(for: SQLiteSubject.resolved(["path": copy]))
        let never = WriteInDoubt(
            identity: writer.identity(.make(milliseconds: 1_767_225_600_000)),
            transaction: "",
            system: ""
        )
        #expect("\(try destination.evidence(of: never))".hasPrefix("notApplied"))
        let reader = try SQLiteConnection(path: copy, access: .readOnly, busyTimeout: .zero)
        let changed = try reader.statement("SELECT count(*) FROM big WHERE a <> printf('%0100d', id)")
        _ = try changed.step()
        #expect(changed.integer(at: 0) == 0)
    }

    @Test func `markers go a day after their run's last one, and what they said is unknowable then`() throws {
        let now = Int64(Date.now.timeIntervalSince1970 * 1_000_000)
        let hour: Int64 = 3_600_000_000
        func write(hoursAgo: Int64) -> WriteID {
            .make(milliseconds: UInt64((now - hoursAgo * hour) / 1000 - 1))
        }
        let old = [write(hoursAgo: 30), write(hoursAgo: 26)]
        let long = [write(hoursAgo: 40), write(hoursAgo: 20)]
        for (run, id, hours) in [
            ("old", old[0], 30), ("old", old[1], 26), ("long", long[0], 40), ("long", long[1], 20),
        ] {
            let at = now - Int64(hours) * hour
            try subject.execute("INSERT INTO sluice_marker VALUES ('\(id)', 'a', '\(run)', 'i', \(at))")
        }
        try subject.destination().openGate(installation: writer.installation, run: writer.run)
        let left = try subject.query("SELECT run FROM sluice_marker WHERE run IS NOT NULL ORDER BY at")
        #expect(left == ["'long'", "'long'", "'\(writer.run)'"])
        #expect(try evidence(old[0]).contains("have been removed"))
        #expect(try evidence(old[1]).hasPrefix("unknowable"))
        #expect(try evidence(long[0]).hasPrefix("applied"))
        #expect(try evidence(write(hoursAgo: 25)).hasPrefix("notApplied"))
    }

    @Test func `a run's own markers stay however old they are`() throws {
        try subject.execute("UPDATE sluice_marker SET at = 1")
        try subject.destination().openGate(installation: writer.installation, run: writer.run)
        #expect(try evidence().hasPrefix("applied"))
    }

    @Test func `opening the gate waits for no writer once the marker table is there`() throws {
        try subject.execute("BEGIN IMMEDIATE; INSERT INTO t VALUES (7)")
        try subject.destination().openGate(installation: writer.installation, run: writer.run)
        try subject.execute("ROLLBACK")
    }

    @Test func `a writer in the file keeps old markers there but no gate shut`() throws {
        try subject.execute(
            """
            INSERT INTO sluice_marker VALUES ('w', 'a', 'old', 'i', 1);
            BEGIN IMMEDIATE; INSERT INTO t VALUES (7)
            """
        )
        let other = try subject.destination()
        try other.openGate(installation: writer.installation, run: writer.run)
        try subject.execute("ROLLBACK")
        #expect(try subject.query("SELECT run FROM sluice_marker WHERE run = 'old'") == ["'old'"])
        try other.openGate(installation: writer.installation, run: writer.run)
        #expect(try subject.query("SELECT run FROM sluice_marker WHERE run = 'old'") == [])
    }
}
