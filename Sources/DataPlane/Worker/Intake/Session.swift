import Model
import Wire

/// What the worker knows of the coordinator, and what follows from each of its messages.
///
/// A value without I/O: the event loop hands in what was received and carries out the directives. Whatever cannot be
/// understood changes nothing.
///
///     introducing -> welcomed -> ready
///     welcomed, ready -> introducing      (another coordinator has taken over)
struct Session {
    enum Phase: Equatable {
        case introducing
        /// Waits for a Tick whose S is at least this one: proof that the control channel is heard.
        case welcomed(sequence: UInt64)
        case ready
    }

    let incarnation: Incarnation
    private(set) var phase = Phase.introducing
    /// The highest C seen; a message of a lower one is ignored.
    private(set) var epoch: UInt64 = 0
    /// S up to which no control decision can have been missed.
    private(set) var sequence: UInt64 = 0
    private(set) var desired = WireDesired.run
    private(set) var run: RunID?
    private(set) var terms = Terms()

    private var tickedSequence: UInt64?
    private var obeyedSequence: UInt64 = 0
    private var askedSequence: UInt64 = 0

    init(incarnation: Incarnation) {
        self.incarnation = incarnation
    }

    /// What follows from a checked message of the coordinator; those of a lower C than the highest seen are ignored.
    mutating func received(_ letter: Letter, on channel: Channel) -> [Directive] {
        guard letter.epoch >= epoch else { return [] }
        var directives = adopt(epoch: letter.epoch)
        if channel == .control {
            directives += broadcast(letter.body, sequence: letter.sequence)
        } else {
            directives += answered(letter.body, sequence: letter.sequence)
        }
        return directives
    }

    /// Something that this worker says, with its tokens.
    func letter(_ body: WireEnvelope.OneOf_Body) -> Letter {
        Letter(epoch: epoch, incarnation: incarnation, sequence: sequence, body: body)
    }

    /// The AskState that is due has gone out or was lost; the next Tick may ask again.
    mutating func mayAskAgain() {
        askedSequence = 0
    }

    private mutating func adopt(epoch newer: UInt64) -> [Directive] {
        guard newer > epoch else { return [] }
        let isAnother = epoch != 0
        epoch = newer
        guard isAnother else { return [] }
        phase = .introducing
        sequence = 0
        tickedSequence = nil
        obeyedSequence = 0
        askedSequence = 0
        return [.introduce]
    }

    private mutating func answered(
        _ body: WireEnvelope.OneOf_Body,
        sequence answerSequence: UInt64
    ) -> [Directive] {
        switch body {
        case .welcome(let welcome):
            terms = Terms(welcome)
            phase = .welcomed(sequence: answerSequence)
            return obey(welcome.desired, sequence: answerSequence)
                + [.settled(terms)] + becomeReady()
        case .heartbeatReply(let reply):
            return obey(reply.desired, sequence: answerSequence)
                + [.heartbeatAnswered(sentAt: reply.sentAtNs)]
        case .decision(let decision):
            let orders = obey(decision.desired, sequence: answerSequence)
            // Of a decision and a new desired state that come together the decision is seen first; only an end of the
            // process overtakes it.
            return desired == .terminate ? orders : [.decided(decision)] + orders
        case .outcomeAck(let ack):
            guard let write = WriteID(bytes: ack.write) else { return malformed("OutcomeAck") }
            return obey(ack.desired, sequence: answerSequence) + [.acknowledged(write)]
        case .openRun(let message):
            return openRun(message)
        case .planStream(let message):
            guard isOurs(message.run) else { return malformed("PlanStream of another run") }
            return [.execute(.planStream(message))]
        case .assign(let message):
            guard isOurs(message.run) else { return malformed("Assign of another run") }
            guard let assignment = Assignment(message) else { return malformed("Assign") }
            return [.execute(.assign(assignment))]
        case .errand(let message):
            guard ErrandID(bytes: message.errand) != nil else { return malformed("Errand") }
            return [.execute(.errand(message))]
        case .retire(let message):
            return [.leave(reason: message.reason)]
        case .condemned(let message):
            return [.exit(.condemned, reason: "condemned: \(message.reason)")]
        default:
            return malformed("a message of this kind on the work socket")
        }
    }

    private mutating func openRun(_ message: WireOpenRun) -> [Directive] {
        guard let opened = RunID(bytes: message.run) else { return malformed("OpenRun") }
        guard run == nil || run == opened else { return malformed("OpenRun of a second run") }
        run = opened
        // A broadcast for this run may have passed before the run was known here.
        return [.execute(.openRun(message)), .send(.askState(WireAskState()))]
    }

    private mutating func broadcast(
        _ body: WireEnvelope.OneOf_Body,
        sequence heard: UInt64
    ) -> [Directive] {
        switch body {
        case .tick:
            tickedSequence = max(tickedSequence ?? 0, heard)
            return becomeReady() + askIfBehind(heard)
        case .drain(let drain):
            let isStale = heard <= sequence
            let gap = advance(to: heard)
            guard isOurs(drain.run), !isStale else { return gap }
            return obey(.drain, sequence: heard, isAnswer: false) + gap
        case .terminate(let terminate):
            // Whoever is named here dies, however late it hears of it.
            if terminate.workers.contains(incarnation.wire) {
                return [.exit(.terminated, reason: "terminated")]
            }
            if terminate.workers.isEmpty, isOurs(terminate.run) {
                return [.exit(.terminated, reason: "run terminated")]
            }
            return advance(to: heard)
        default:
            return malformed("a message of this kind on the control channel")
        }
    }

    /// A decision was heard on the control channel: it is the next one, or some were missed.
    private mutating func advance(to heard: UInt64) -> [Directive] {
        if heard == sequence + 1 { sequence = heard }
        return askIfBehind(heard)
    }

    private mutating func askIfBehind(_ heard: UInt64) -> [Directive] {
        guard phase != .introducing, heard > sequence, heard > askedSequence else { return [] }
        askedSequence = heard
        return [.send(.askState(WireAskState()))]
    }

    private mutating func becomeReady() -> [Directive] {
        guard case .welcomed(let wanted) = phase, let ticked = tickedSequence, ticked >= wanted
        else { return [] }
        phase = .ready
        return [.send(.workerReady(WireWorkerReady()))]
    }

    /// The newest word counts: an answer that was on its way when a broadcast overtook it changes nothing.
    private mutating func obey(
        _ newer: WireDesired,
        sequence decided: UInt64,
        isAnswer: Bool = true
    ) -> [Directive] {
        guard newer != .unspecified, decided >= obeyedSequence else { return [] }
        obeyedSequence = decided
        if isAnswer { sequence = max(sequence, decided) }
        guard newer != desired else { return [] }
        desired = newer
        if newer == .terminate { return [.exit(.terminated, reason: "run terminated")] }
        return [.obey(newer)]
    }

    private func isOurs(_ bytes: some Collection<UInt8>) -> Bool {
        run != nil && RunID(bytes: bytes) == run
    }

    private func malformed(_ what: String) -> [Directive] {
        [.complain("\(what) from the coordinator is refused; nothing was done")]
    }
}
