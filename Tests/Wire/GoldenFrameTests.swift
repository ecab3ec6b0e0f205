import Foundation
import Model
import Testing
import Wire

@Suite struct GoldenFrameTests {
    /// The message in the example, after seeing that encoding it again gives the same bytes.
    private func body(
        _ name: String,
        on channel: Channel,
        epoch: UInt64 = 3,
        sequence: UInt64,
        from sender: Incarnation? = nil
    ) throws -> WireEnvelope.OneOf_Body {
        let frame = try GoldenFrame.bytes(name)
        let letter = try Codec.decode(frame, on: channel)
        #expect(letter.epoch == epoch)
        #expect(letter.sequence == sequence)
        #expect(letter.incarnation == sender)
        #expect(try Codec.encode(letter) == frame)
        return letter.body
    }

    @Test func `an intent`() throws {
        let body = try body("intent", on: .fromWorker, sequence: 17, from: GoldenFrame.worker)
        guard case .intent(let intent) = body else { throw Unexpected(body) }
        #expect(try RunID(wire: intent.run) == GoldenFrame.run)
        #expect(try BatchID(wire: intent.batch) == GoldenFrame.batch)
        #expect(try AttemptID(wire: intent.attempt) == GoldenFrame.attempt)
        #expect(try WriteID(wire: intent.write) == GoldenFrame.write)
        #expect(intent.transaction == "771")
        #expect(intent.system == "7301234567890123456/1")
        #expect(Array(intent.digest) == Array("0123456789abcdef".utf8))
        #expect(Array(intent.segment) == [0x28, 0xB5, 0x2F, 0xFD])
        let header = intent.header
        #expect(header.streamIndex == 1)
        #expect(
            [header.records, header.inserted, header.updated, header.deleted, header.unchanged]
                == [5, 1, 1, 0, 3]
        )
        #expect(header.rejected == 0)
        #expect(Array(header.keyHashes) == [1, 0, 0, 0, 2, 0, 0, 0])
        #expect(header.segmentBytes == 99)
        let field = try #require(header.fields.first)
        #expect(field.field == "email")
        #expect([field.changed, field.nullsBefore, field.nullsAfter] == [2, 1, 0])
    }

    @Test func `a decision`() throws {
        let body = try body("decision", on: .toWorker, sequence: 18)
        guard case .decision(let decision) = body else { throw Unexpected(body) }
        #expect(try AttemptID(wire: decision.attempt) == GoldenFrame.attempt)
        #expect(try WriteID(wire: decision.write) == GoldenFrame.write)
        #expect(decision.transaction == "771")
        #expect(PermitDecision(decision.verb) == .permit)
        #expect(decision.desired == .run)
        #expect(decision.reason.isEmpty)
    }

    @Test func `an outcome`() throws {
        let body = try body("outcome", on: .fromWorker, sequence: 18, from: GoldenFrame.worker)
        guard case .outcome(let outcome) = body else { throw Unexpected(body) }
        #expect(try AttemptID(wire: outcome.attempt) == GoldenFrame.attempt)
        #expect(try WriteID(wire: outcome.write) == GoldenFrame.write)
        #expect(WriteEnding(outcome.ending) == .committed)
        #expect(outcome.committedAtUs == 1_763_785_020_123_456)
        #expect(!outcome.again)
    }

    @Test func `an assignment`() throws {
        let body = try body("assign", on: .toWorker, sequence: 17)
        guard case .assign(let assign) = body else { throw Unexpected(body) }
        #expect(try BatchID(wire: assign.batch) == GoldenFrame.batch)
        #expect(KeyRange(assign.range) == KeyRange(after: ["1000"], through: ["2000"]))
        #expect(assign.range.records == 1_000)
        #expect(assign.streamIndex == 1)
        #expect(assign.number == 2)
    }

    @Test func `planned ranges`() throws {
        let body = try body(
            "ranges_planned",
            on: .fromWorker,
            sequence: 17,
            from: GoldenFrame.worker
        )
        guard case .rangesPlanned(let planned) = body else { throw Unexpected(body) }
        #expect(try RunID(wire: planned.run) == GoldenFrame.run)
        #expect(planned.streamIndex == 1)
        #expect(planned.piece == 2)
        #expect(planned.complete)
        #expect(
            planned.ranges == [
                WireKeyRange(KeyRange(through: ["1000", "a"]), records: 1_000),
                WireKeyRange(KeyRange(after: ["1000", "a"]), records: 12),
            ]
        )
    }

    @Test func `a worker's hello`() throws {
        let body = try body("worker_hello", on: .fromWorker, sequence: 17, from: GoldenFrame.worker)
        guard case .workerHello(let hello) = body else { throw Unexpected(body) }
        #expect(hello.pid == 4_711)
        #expect(hello.bootID == "6fd1ca3e-9c1e-4a0a-8f0d-2f6d1c0b7a55")
        #expect(hello.host == "atlas")
        #expect(try Incarnation(wire: hello.supervisor) == GoldenFrame.supervisor)
        #expect(hello.openAttempts.count == 2)
        #expect(try WriteID.optional(wire: hello.openAttempts[0].write) == GoldenFrame.write)
        #expect(try WriteID.optional(wire: hello.openAttempts[1].write) == nil)
    }

    @Test func `a failed run`() throws {
        let body = try body("run_failed", on: .fromWorker, sequence: 17, from: GoldenFrame.worker)
        guard case .runFailed(let failed) = body else { throw Unexpected(body) }
        let message = "destination crm: connection refused"
        let error = SluiceError(.unreachable, message, isRetriable: true)
        #expect(SluiceError(failed.failure) == error)
        #expect(WireFailure(error) == failed.failure)
    }

    @Test func `a reconcile errand`() throws {
        let body = try body("errand_reconcile", on: .toWorker, epoch: 4, sequence: 20)
        guard case .errand(let errand) = body, case .reconcile(let reconcile)? = errand.kind
        else { throw Unexpected(body) }
        #expect(try ErrandID(wire: errand.errand) == GoldenFrame.errand)
        #expect(errand.deadlineMs == 30_000)
        #expect(errand.connectionJson == #"{"name":"crm","settings":{},"type":"postgres"}"#)
        #expect(try InstallationID(wire: reconcile.installation) == GoldenFrame.installation)
        #expect(reconcile.deathsProven)
        let attempt = try #require(reconcile.attempts.first)
        #expect(try AttemptID(wire: attempt.attempt) == GoldenFrame.attempt)
        #expect(try attempt.writes.map { try WriteID(wire: $0.write) } == [GoldenFrame.write])
        #expect(attempt.writes[0].transaction == "771")
    }

    @Test func `an errand that is done`() throws {
        let body = try body(
            "errand_done",
            on: .fromWorker,
            epoch: 4,
            sequence: 20,
            from: GoldenFrame.worker
        )
        guard case .errandDone(let done) = body else { throw Unexpected(body) }
        #expect(!done.hasFailure)
        #expect(try done.closedFences.map { try AttemptID(wire: $0) } == [GoldenFrame.attempt])
        let found = try #require(done.evidence.first)
        #expect(WriteEnding(found.evidence) == .committed)
        #expect(found.detail == "pg_xact_status committed, marker present")
    }

    @Test func `a supervisor's hello`() throws {
        let body = try body(
            "supervisor_hello",
            on: .fromSupervisor,
            epoch: 0,
            sequence: 0,
            from: GoldenFrame.supervisor
        )
        guard case .supervisorHello(let hello) = body else { throw Unexpected(body) }
        #expect(hello.slots == 2)
        #expect(hello.lockDirectory == "/run/user/1000/sluice/locks")
        #expect(try Incarnation(wire: hello.workers[0].incarnation) == GoldenFrame.worker)
        #expect(hello.workers[0].pid == 4_711)
    }

    @Test func `a kill and the death it brings`() throws {
        let order = try body("kill", on: .toSupervisor, sequence: 19)
        guard case .kill(let kill) = order else { throw Unexpected(order) }
        #expect(kill.workers == [GoldenFrame.worker.wire, GoldenFrame.supervisor.wire])
        #expect(kill.reason == "force cancel of run 81")

        let report = try body(
            "died",
            on: .fromSupervisor,
            sequence: 0,
            from: GoldenFrame.supervisor
        )
        guard case .died(let died) = report else { throw Unexpected(report) }
        #expect(try Incarnation(wire: died.worker) == GoldenFrame.worker)
        #expect(died.proof.name == "reaped")
        #expect(died.signal == 9)
        #expect(died.residentBytes == 70 << 20)
    }

    @Test func `a tick and a terminate`() throws {
        #expect(try body("tick", on: .control, sequence: 19) == .tick(WireTick()))
        let body = try body("terminate", on: .control, sequence: 19)
        guard case .terminate(let terminate) = body else { throw Unexpected(body) }
        #expect(try RunID(wire: terminate.run) == GoldenFrame.run)
        #expect(terminate.workers == [GoldenFrame.worker.wire])
    }
}

private struct Unexpected: Error {
    let body: WireEnvelope.OneOf_Body

    init(_ body: WireEnvelope.OneOf_Body) {
        self.body = body
    }
}
