import Model
import SwiftProtobuf
import Testing
import Wire

@testable import Worker

@Suite struct SessionTests {
    private let incarnation = Incarnation.make(milliseconds: 1)
    private let run = RunID.make(milliseconds: 2)

    @Test func `a permit that comes with the end of the run is never handed on`() {
        var session = opened(at: 3)
        let directives = session.received(decision(.permit, desired: .terminate, at: 4), on: .toWorker)
        #expect(directives == [.exit(.terminated, reason: "run terminated")])
    }

    @Test func `of a decision and a hold that come together the decision is seen first`() {
        var session = opened(at: 3)
        let letter = decision(.retry, desired: .hold, at: 4)
        let directives = session.received(letter, on: .toWorker)
        #expect(directives.count == 2)
        guard case .decided = directives.first else {
            Issue.record("\(directives)")
            return
        }
        #expect(directives.last == .obey(.hold))
    }

    @Test func `a gap in the control decisions is asked about once until the next heartbeat`() {
        var session = opened(at: 3)
        let tick = letter(.tick(WireTick()), at: 5)
        #expect(session.received(tick, on: .control) == [.send(.askState(WireAskState()))])
        #expect(session.received(tick, on: .control) == [])
        session.mayAskAgain()
        #expect(session.received(tick, on: .control) == [.send(.askState(WireAskState()))])
        _ = session.received(letter(.heartbeatReply(.with { $0.desired = .run }), at: 5), on: .toWorker)
        session.mayAskAgain()
        #expect(session.received(tick, on: .control) == [])
    }

    @Test func `a drain that skips a decision is obeyed, and what was missed is asked for`() {
        var session = opened(at: 3)
        let drain = letter(.drain(.with { $0.run = run.wire }), at: 6)
        #expect(
            session.received(drain, on: .control) == [.obey(.drain), .send(.askState(WireAskState()))]
        )
        #expect(session.sequence == 3)
    }

    @Test func `a worker named in a termination dies however late it hears of it`() {
        var session = opened(at: 30)
        let named = letter(.terminate(.with { $0.workers = [incarnation.wire] }), at: 2)
        #expect(session.received(named, on: .control) == [.exit(.terminated, reason: "terminated")])
        let others = letter(
            .terminate(
                .with {
                    $0.run = run.wire
                    $0.workers = [Incarnation.make(milliseconds: 9).wire]
                }
            ),
            at: 31
        )
        #expect(session.received(others, on: .control) == [])
    }

    /// A session that is ready at S `sequence` and has opened the run.
    private func opened(at sequence: UInt64) -> Session {
        var session = Session(incarnation: incarnation)
        let welcome = WireWelcome.with { $0.desired = .run }
        _ = session.received(letter(.welcome(welcome), at: sequence), on: .toWorker)
        _ = session.received(letter(.tick(WireTick()), at: sequence), on: .control)
        let open = WireOpenRun.with { $0.run = run.wire }
        _ = session.received(letter(.openRun(open), at: sequence), on: .toWorker)
        return session
    }

    private func decision(
        _ verb: WireDecision.Verb,
        desired: WireDesired,
        at sequence: UInt64
    ) -> Letter {
        let decision = WireDecision.with {
            $0.verb = verb
            $0.desired = desired
        }
        return letter(.decision(decision), at: sequence)
    }

    private func letter(_ body: WireEnvelope.OneOf_Body, at sequence: UInt64) -> Letter {
        Letter(epoch: 1, sequence: sequence, body: body)
    }
}
