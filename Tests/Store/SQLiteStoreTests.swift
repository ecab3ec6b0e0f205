import Foundation
import GRDB
import Model
import Testing

@testable import Store

struct SQLiteStoreTests {
    @Test func `every connection syncs its commits, in WAL, with foreign keys and a busy timeout`() throws {
        let scratch = try Scratch()
        let store = try scratch.open()
        let settings = { @Sendable (database: Database) in
            try ["journal_mode", "synchronous", "foreign_keys", "busy_timeout"].map { pragma in
                try String.fetchOne(database, sql: "PRAGMA \(pragma)") ?? "nothing"
            }
        }
        #expect(try store.pool.writeWithoutTransaction(settings) == ["wal", "2", "1", "5000"])
        let entered = DispatchSemaphore(value: 0)
        let leave = DispatchSemaphore(value: 0)
        let found = Collected<[String]>()
        // Readers that are held at the same time are different connections.
        let readers = (0..<4).map { _ in
            Thread {
                do {
                    let row = try store.pool.read { database in
                        let row = try settings(database)
                        entered.signal()
                        leave.wait()
                        return row
                    }
                    found.add(row)
                } catch {
                    found.add(["\(error)"])
                }
            }
        }
        for reader in readers { reader.start() }
        for _ in readers { entered.wait() }
        for _ in readers { leave.signal() }
        #expect(found.wait(count: 4).allSatisfy { $0 == ["wal", "2", "1", "10000"] })
    }

    @Test func `a store is for its owner only, also one that was not`() throws {
        let scratch = try Scratch()
        do {
            _ = try scratch.open()
            #expect(chmod(scratch.path, 0o644) == 0)
        }
        let store = try scratch.open()
        try store.apply([.audit(AuditRecord(at: .sample(1), actor: "a", event: "e", run: nil))])
        for file in ["", "-wal", "-shm", ".lock", ".reserve"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path + file)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(file)")
        }
    }

    @Test func `every table is strict`() throws {
        let scratch = try Scratch()
        let loose = try scratch.open().pool.read { database in
            try String.fetchAll(
                database,
                sql: "SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND schema = 'main'"
            )
        }
        #expect(Set(loose) == ["sqlite_schema", "grdb_migrations"])
    }

    @Test func `a store that a newer Sluice wrote is refused and left alone`() throws {
        let scratch = try Scratch()
        do {
            let store = try scratch.open()
            try store.pool.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9')") }
        }
        let error = #expect(throws: StoreError.self) { try scratch.open() }
        #expect(
            error
                == .failed(
                    detail: """
                        the store \(scratch.path) has schema version 9, this Sluice knows versions up to 4: start the \
                        newer Sluice that wrote it, or restore a copy of before
                        """
                )
        )
        let queue = try DatabaseQueue(path: scratch.path)
        #expect(try queue.read { try Int.fetchOne($0, sql: "SELECT epoch FROM meta") } == 1)
    }

    @Test func `a file that is no store, and a folder that is not there, are named`() throws {
        let scratch = try Scratch()
        try Data("these are not the bytes of a database".utf8).write(to: URL(fileURLWithPath: scratch.path))
        let error = #expect(throws: StoreError.self) { try scratch.open() }
        #expect("\(String(describing: error))".contains("\(scratch.path): file is not a database"))
        let lost = #expect(throws: StoreError.self) { try SQLiteStore.open(path: scratch.folder + "/no/s.db") }
        #expect(lost == .failed(detail: "cannot open \(scratch.folder)/no/s.db.lock: No such file or directory"))
    }

    @Test func `what no caller may do is refused by the schema`() throws {
        let scratch = try Scratch()
        let store = try scratch.open()
        try store.apply(Sample().beginning)
        let attempt = Sample().attempt(1)
        try store.apply([
            .insertAttempt(attempt), .insertWrite(Sample().write(1, attempt: attempt)),
            .endWrite(.sample(5, 1), ending: .committed, detail: nil, at: .sample(1)),
            .audit(AuditRecord(at: .sample(1), actor: "a", event: "e", run: nil)),
        ])
        let forbidden = [
            "UPDATE job_versions SET spec = '{}'", "UPDATE segments SET bytes = x'00'", "UPDATE audit SET actor = 'b'",
            "UPDATE writes SET ending = 'rolled_back'", "UPDATE meta SET epoch = 0",
        ]
        for sql in forbidden {
            #expect(throws: DatabaseError.self, "\(sql)") { try store.pool.write { try $0.execute(sql: sql) } }
        }
    }

    @Test func `readers see the last applied transaction while the leader writes, and never half of one`() throws {
        let scratch = try Scratch()
        let store = try scratch.open()
        var sample = Sample()
        try store.apply(sample.beginning)
        let seen = Collected<Bool>()
        let done = Flag()
        for _ in 0..<2 {
            Thread {
                var isWhole = true
                while !done.isSet {
                    do {
                        // The run's counts and the batch's attempts are always changed together.
                        let (applied, attempts) = try store.pool.read { database in
                            (
                                try String.fetchOne(database, sql: "SELECT counts ->> 'applied' FROM runs"),
                                try String.fetchOne(
                                    database,
                                    sql: "SELECT attempts FROM batches WHERE sequence = 0"
                                )
                            )
                        }
                        isWhole = isWhole && applied == attempts
                    } catch {
                        isWhole = false
                    }
                }
                seen.add(isWhole)
            }.start()
        }
        for number in 1...200 {
            sample.run.counts.applied = number
            try store.apply([
                .updateRun(sample.run, from: .running),
                .setBatch(sample.batches[0].id, state: .queued, from: .queued, attempts: number),
            ])
            #expect(try store.run(number: 1)?.counts.applied == number)
        }
        done.set()
        #expect(seen.wait(count: 2) == [true, true])
    }

    @Test func `a damaged segment is named and does not end the process`() throws {
        let scratch = try Scratch()
        let store = try scratch.open()
        let sample = Sample(batches: 1)
        try store.apply(sample.beginning + [.insertAttempt(sample.attempt(1))])
        let records: [SegmentSample.Record] = [.update(1, email: ("a", "b")), .insert(2, email: "c", city: nil)]
        let good = try SegmentSample(records: records).finished().bytes
        let damaged = [[], Array(good.dropLast(4)), good.map { $0 ^ 0x55 }]
        for (number, bytes) in damaged.enumerated() {
            var write = try sample.write(
                number,
                attempt: sample.attempt(1),
                journalling: SegmentSample(records: records)
            )
            write.segment = bytes
            try store.apply([.insertWrite(write)])
            let error = #expect(throws: StoreError.self) { try store.records(RecordQuery(run: sample.run.id)) }
            #expect("\(String(describing: error))".contains("the journal of write \(write.id)"))
            try store.apply([.endWrite(write.id, ending: .rolledBack, detail: nil, at: .sample(1))])
        }
    }
}
