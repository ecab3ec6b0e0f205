import Connectors
import Drivers
import Glibc
import Model
import Synchronization
import TestSupport
import Testing

@Suite struct PostgresFenceTests {
    private static let table = "CREATE TABLE t (id int8 PRIMARY KEY, name text)"

    /// Lets commits hang behind a lock that the test's own session holds: after the check, before the end.
    private static let holdingMarkers = """
        CREATE TABLE hold (id int); INSERT INTO hold VALUES (1);
        CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM FROM hold FOR UPDATE; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON sluice.marker DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION wait();
        BEGIN; SELECT FROM hold FOR UPDATE;
        """

    private func waiting(_ look: PostgresConnection, _ kind: String) throws -> Int {
        let answers = try look.execute(
            """
            SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '\(kind)%'
                AND datname = current_database()
            """
        )
        return Int(answers[0].text(row: 0, column: 0) ?? "") ?? 0
    }

    private struct Staged {
        let writer: any Destination
        let write: StagedWrite
        let doubt: WriteInDoubt
    }

    /// One row staged and applied, waiting for its commit.
    private func staged(_ bench: PostgresBench, attempt: AttemptID? = nil) throws -> Staged {
        let writer = try bench.destination()
        var identity = bench.identity(WriteID.make(milliseconds: 7))
        identity.attempt = attempt ?? bench.attempt
        try writer.openGate(installation: bench.installation, run: bench.run)
        try writer.openFence(identity)
        let target = try writer.resolve(table: "t", fields: ["id", "name"], key: ["id"])
        let rows = try bench.batch("SELECT (random() * 1e9)::int8, 'one'")
        let write = try writer.stage(identity, target: target, rows: rows, rejections: [:])
        try writer.apply()
        let doubt = WriteInDoubt(identity: identity, transaction: write.transaction, system: write.system)
        return Staged(writer: writer, write: write, doubt: doubt)
    }

    private func closeFence(_ bench: PostgresBench, _ closer: any Destination, _ staged: Staged?) throws {
        try closer.closeFence(
            installation: bench.installation,
            run: bench.run,
            attempt: staged?.doubt.identity.attempt ?? bench.attempt,
            transactions: staged.map { [$0.doubt.transaction] } ?? []
        )
    }

    private func expectFailure(_ body: () throws -> Void, _ isRight: (WriteFailure) -> Bool) {
        do {
            try body()
            Issue.record("nothing was thrown")
        } catch let failure as WriteFailure {
            #expect(isRight(failure), "\(failure)")
        } catch {
            Issue.record(error)
        }
    }

    @Test func `after the gate is closed the run's sessions are gone and nothing commits`() throws {
        let bench = try PostgresBench(Self.table)
        let open = try staged(bench)
        let closer = try bench.destination()
        try closer.closeGate(
            installation: bench.installation,
            run: bench.run,
            attempts: [bench.attempt],
            transactions: [open.doubt.transaction]
        )
        expectFailure({ _ = try open.writer.commit() }) { if case .fenced = $0 { true } else { false } }
        #expect(try bench.server.value("SELECT count(*) FROM t") == "0")
        #expect(try closer.evidence(of: open.doubt).isNotApplied)
        let late = try bench.destination()
        let error = #expect(throws: SluiceError.self) {
            try late.openGate(installation: bench.installation, run: bench.run)
        }
        #expect(error?.code == .conflict)
    }

    @Test func `a session that termination does not reach is stopped by the check itself`() throws {
        let bench = try PostgresBench(Self.table)
        let gated = try staged(bench)
        let fenced = try staged(bench, attempt: AttemptID.make(milliseconds: 8))
        let closer = try bench.destination()
        // Neither attempts nor transactions are named, so no session is ended: the rows alone must do it.
        try closer.closeGate(installation: bench.installation, run: bench.run, attempts: [], transactions: [])
        expectFailure({ _ = try gated.writer.commit() }) { if case .fenced = $0 { true } else { false } }
        expectFailure({ _ = try fenced.writer.commit() }) { if case .fenced = $0 { true } else { false } }
        #expect(try bench.server.value("SELECT count(*) FROM t") == "0")
        #expect(try bench.server.value("SELECT count(*) FROM sluice.marker") == "0")
    }

    @Test func `closing a fence stops its attempt and no other`() throws {
        let bench = try PostgresBench(Self.table)
        let one = try staged(bench)
        let other = try staged(bench, attempt: AttemptID.make(milliseconds: 8))
        let closer = try bench.destination()
        try closeFence(bench, closer, one)
        expectFailure({ _ = try one.writer.commit() }) { failure in
            if case .failed = failure { false } else { true }
        }
        _ = try other.writer.commit()
        #expect(try bench.server.value("SELECT count(*) FROM t") == "1")
        try closeFence(bench, closer, other)
        #expect(try closer.evidence(of: one.doubt).isNotApplied)
        #expect(try closer.evidence(of: other.doubt).isApplied)
        // Closing again changes nothing.
        try closeFence(bench, closer, one)
    }

    @Test func `a tombstone that was there before keeps the fence from opening`() throws {
        let bench = try PostgresBench(Self.table)
        let closer = try bench.destination()
        try closeFence(bench, closer, nil)
        let writer = try bench.destination()
        try writer.openGate(installation: bench.installation, run: bench.run)
        let error = #expect(throws: SluiceError.self) { try writer.openFence(bench.identity()) }
        #expect(error?.code == .conflict)
        // And a worker that does not ask is stopped all the same.
        let target = try writer.resolve(table: "t", fields: ["id", "name"], key: ["id"])
        expectFailure({ _ = try bench.write(writer, target, bench.batch("SELECT 1::int8, 'x'")) }) {
            if case .fenced = $0 { true } else { false }
        }
    }

    @Test func `an open fence of the same attempt is opened again without harm`() throws {
        let bench = try PostgresBench(Self.table)
        let writer = try bench.writer()
        try writer.openFence(bench.identity())
        try bench.writer().close()
    }

    @Test func `without a gate row nothing commits`() throws {
        let bench = try PostgresBench(Self.table)
        let open = try staged(bench)
        try bench.server.run("DELETE FROM sluice.gate")
        expectFailure({ _ = try open.writer.commit() }) { if case .fenced = $0 { true } else { false } }
        let closer = try bench.destination()
        try closeFence(bench, closer, open)
        #expect(try closer.evidence(of: open.doubt).isUnknowable)
    }

    @Test func `evidence of a transaction in progress ends it first`() throws {
        let bench = try PostgresBench(Self.table)
        let open = try staged(bench)
        let closer = try bench.destination()
        // Closed without naming the transaction: it still runs when it is asked for.
        try closer.closeFence(
            installation: bench.installation,
            run: bench.run,
            attempt: AttemptID.make(milliseconds: 9),
            transactions: []
        )
        #expect(try closer.evidence(of: open.doubt).isUnknowable)
        try bench.server.run("UPDATE sluice.fence SET closed = true")
        #expect(
            try bench.server.value("SELECT pg_xact_status('\(open.doubt.transaction)'::xid8)") == "in progress"
        )
        #expect(try closer.evidence(of: open.doubt).isNotApplied)
        #expect(
            try bench.server.value("SELECT pg_xact_status('\(open.doubt.transaction)'::xid8)") == "aborted"
        )
    }

    @Test func `evidence that contradicts itself, or of another system, is unknowable`() throws {
        let bench = try PostgresBench(Self.table)
        let open = try staged(bench)
        _ = try open.writer.commit()
        let closer = try bench.destination()
        try closeFence(bench, closer, open)
        #expect(try closer.evidence(of: open.doubt).isApplied)
        var elsewhere = open.doubt
        elsewhere.system = "1/1"
        #expect(try closer.evidence(of: elsewhere).isUnknowable)
        var future = open.doubt
        future.transaction = "4000000000000"
        #expect(try closer.evidence(of: future).isUnknowable)
        var ancient = open.doubt
        ancient.transaction = "3"
        #expect(try closer.evidence(of: ancient).isUnknowable)
        try bench.server.run("DELETE FROM sluice.marker")
        guard case .unknowable(let alarm) = try closer.evidence(of: open.doubt) else {
            Issue.record("a commit without marker was believed")
            return
        }
        #expect(alarm.contains("ALARM"))
    }

    @Test func `closing a gate waits for a commit in flight, and evidence then knows`() throws {
        let bench = try PostgresBench(Self.table)
        let open = try staged(bench)
        let newcomer = try staged(bench, attempt: AttemptID.make(milliseconds: 8))
        try bench.server.run(Self.holdingMarkers)
        let look = try PostgresConnection(url: bench.server.url)
        func waiting(_ kind: String) throws -> Int { try self.waiting(look, kind) }
        let outcome = Mutex<String>("")
        let commit = PostgresWorker {
            do {
                _ = try open.writer.commit()
                outcome.withLock { $0 = "committed" }
            } catch {
                outcome.withLock { $0 = "\(error)" }
            }
        }
        while try waiting("SELECT sluice.admit") == 0 {}
        let closing = PostgresWorker {
            // No session is named: nothing ends the commit, so closing has to wait for it.
            let closer = try bench.destination()
            try closer.closeGate(installation: bench.installation, run: bench.run, attempts: [], transactions: [])
        }
        while try waiting("BEGIN; SET LOCAL lock_timeout") == 0 {}
        #expect(try look.execute("SELECT closed FROM sluice.gate")[0].text(row: 0, column: 0) == "f")
        // Meanwhile whoever comes new turns back at once instead of keeping the closer waiting.
        expectFailure({ _ = try newcomer.writer.commit() }) { if case .fenced = $0 { true } else { false } }
        try bench.server.run("COMMIT")
        try closing.join()
        try commit.join()
        #expect(outcome.withLock { $0 } == "committed")
        #expect(try bench.destination().evidence(of: open.doubt).isApplied)
        #expect(try bench.server.value("SELECT count(*) FROM t") == "1")
    }

    @Test func `closing a fence ends a commit in flight, and evidence agrees with the table`() throws {
        let bench = try PostgresBench(Self.table)
        let open = try staged(bench)
        try bench.server.run(Self.holdingMarkers)
        let commit = PostgresWorker { _ = try open.writer.commit() }
        let look = try PostgresConnection(url: bench.server.url)
        while try waiting(look, "SELECT sluice.admit") == 0 {}
        let closer = try bench.destination()
        try closeFence(bench, closer, open)
        #expect { try commit.join() } throws: { error in
            if case WriteFailure.unsure = error { true } else { false }
        }
        try bench.server.run("COMMIT")
        #expect(try closer.evidence(of: open.doubt).isNotApplied)
        #expect(try bench.server.value("SELECT count(*) FROM t") == "0")
    }

    @Test func `with the protection turned off a commit passes a closed gate: so it is what holds it`() async {
        await #expect(processExitsWith: .success) {
            setenv("SLUICE_TEST_NO_FENCE", "1", 1)
            let tests = PostgresFenceTests()
            let bench = try PostgresBench(Self.table)
            let open = try tests.staged(bench)
            let closer = try bench.destination()
            try closer.closeGate(
                installation: bench.installation,
                run: bench.run,
                attempts: [bench.attempt],
                transactions: [open.doubt.transaction]
            )
            // Judged by the marker alone and too early, as a system without fences would.
            guard try closer.evidence(of: open.doubt).isNotApplied else { exit(1) }
            _ = try open.writer.commit()
            guard try bench.server.value("SELECT count(*) FROM t") == "1" else { exit(2) }
        }
    }

    @Test func `many workers make the schema and open gate and fences at once`() throws {
        let bench = try PostgresBench(Self.table)
        let workers = (0..<8).map { number in
            PostgresWorker {
                let writer = try bench.destination()
                try writer.openGate(installation: bench.installation, run: bench.run)
                var identity = bench.identity()
                identity.attempt = AttemptID.make(milliseconds: UInt64(100 + number))
                try writer.openFence(identity)
                writer.close()
            }
        }
        for worker in workers { try worker.join() }
        #expect(try bench.server.value("SELECT count(*) FROM sluice.fence WHERE NOT closed") == "8")
    }

    @Test func `a session that is gone before COMMIT is sent is known to be rolled back`() throws {
        let bench = try PostgresBench(Self.table)
        let open = try staged(bench)
        try bench.server.run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'sluice/\(bench.attempt)'"
        )
        expectFailure({ _ = try open.writer.commit() }) { if case .rolledBack = $0 { true } else { false } }
        let closer = try bench.destination()
        try closeFence(bench, closer, open)
        #expect(try closer.evidence(of: open.doubt).isNotApplied)
    }
}

extension WriteEvidence {
    var isApplied: Bool { if case .applied = self { true } else { false } }
    var isNotApplied: Bool { if case .notApplied = self { true } else { false } }
    var isUnknowable: Bool { if case .unknowable = self { true } else { false } }
}
