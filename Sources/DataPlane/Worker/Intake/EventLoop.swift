import Drivers
import Foundation
import Model
import SwiftProtobuf
import Wire

/// The thread that talks to the coordinator: it owns both sockets and never blocks in anything but the poll.
///
/// Whatever may take long happens on the work thread; between the two stand the mailbox and the outbox. A SIGKILL at any
/// point leaves a state that the coordinator can judge: what was not permitted is rolled back by the destination.
final class EventLoop {
    private let work: ZeroMQSocket
    private let control: ZeroMQSocket
    private let mailbox: Mailbox
    private let outbox: Outbox
    private let lease: LeaseTimer
    private let complain: Complaint
    private let introduction: WireWorkerHello

    private var session: Session
    private var unanswered = Unanswered()
    private var heartbeats: Heartbeats
    /// What a full socket did not take, in order.
    private var backlog: [WireEnvelope.OneOf_Body] = []
    private var departure: Departure?
    private var errand: RunningErrand?

    /// Connects, arms the lease and introduces itself.
    ///
    /// - Throws: `DriverError` when a socket cannot be made or an endpoint is malformed.
    init(_ arguments: WorkerArguments, mailbox: Mailbox, outbox: Outbox) throws {
        let context = try ZeroMQContext()
        work = try ZeroMQSocket(
            .dealer,
            in: context,
            options: SocketOptions(routingID: arguments.incarnation.bytes)
        )
        control = try ZeroMQSocket(.sub, in: context)
        self.mailbox = mailbox
        self.outbox = outbox
        complain = Complaint(incarnation: arguments.incarnation)
        session = Session(incarnation: arguments.incarnation)
        let now = SystemClock.bootNanoseconds()
        heartbeats = Heartbeats(startingAt: now)
        introduction = try WireWorkerHello.with {
            $0.pid = Machine.processID()
            $0.bootID = try Machine.bootID()
            $0.host = Machine.hostName()
            $0.supervisor = arguments.supervisor.wire
        }
        lease = try LeaseTimer()
        try lease.arm(until: now + session.terms.lease.nanoseconds)
        try control.subscribe(ControlTopic.everybody)
        try control.connect(arguments.control)
        try work.connect(arguments.work)
    }

    /// Runs until the process ends.
    func run() throws -> Never {
        try introduce()
        while true {
            _ = try Poller.wait(
                sockets: [work, control],
                descriptors: [outbox.doorbell.descriptor],
                timeout: timeout()
            )
            // The control channel first: it may say that the rest is not wanted any more.
            try receive(from: control, on: .control)
            try receive(from: work, on: .toWorker)
            let isExecuting = mailbox.isExecuting
            try deliver()
            try beat()
            try speakAgain()
            try departIfPossible(isExecuting: isExecuting)
        }
    }

    // MARK: in

    private func receive(from socket: ZeroMQSocket, on channel: Channel) throws {
        while let frames = try socket.receive() {
            let letter: Letter
            do {
                letter =
                    channel == .control
                    ? try Codec.decodePublished(frames)
                    : try Codec.decodeDealt(frames, on: channel)
            } catch {
                complain("\(error)")
                continue
            }
            for directive in session.received(letter, on: channel) {
                try carryOut(directive)
            }
        }
    }

    private func carryOut(_ directive: Directive) throws {
        switch directive {
        case .send(let body):
            try send(body)
        case .introduce:
            try introduce()
        case .settled(let terms):
            mailbox.order { $0.residentBytesMax = terms.residentBytesMax }
            heartbeats.restart(every: terms.heartbeat)
            for body in unanswered.all(at: SystemClock.bootNanoseconds()) { try send(body) }
        case .obey(let desired):
            mailbox.order { $0.desired = desired }
            if desired == .drain { try returnUnstarted() }
        case .heartbeatAnswered(let sentAt):
            guard let sent = Int64(exactly: sentAt), heartbeats.answered(sent) else { return }
            try lease.arm(until: sent + session.terms.lease.nanoseconds)
        case .execute(let command):
            try execute(command)
        case .decided(let decision):
            if unanswered.decided(decision) { mailbox.decide(decision) }
        case .acknowledged(let write):
            unanswered.acknowledged(write)
        case .leave(let reason):
            try leave(reason)
        case .exit(let status, _):
            status.exit()
        case .complain(let text):
            complain(text)
        }
    }

    private func execute(_ command: Command) throws {
        if case .errand(let message) = command {
            errand = RunningErrand(message, at: SystemClock.bootNanoseconds())
        }
        mailbox.put(command)
        let orders = mailbox.orders
        if orders.desired == .drain || orders.isLeaving { try returnUnstarted() }
    }

    private func returnUnstarted() throws {
        let reason = mailbox.orders.reason
        for assignment in mailbox.takeUnstarted() {
            try send(
                .returned(
                    .with {
                        $0.attempt = assignment.attempt.wire
                        $0.reason = reason
                    }
                )
            )
        }
    }

    // MARK: out

    private func deliver() throws {
        for entry in outbox.take() {
            switch entry {
            case .send(let body):
                if case .errandDone = body { errand = nil }
                try send(body)
            case .leave(let reason):
                complain(reason)
                try leave(reason)
            }
        }
    }

    private func introduce() throws {
        var known = Set<AttemptID>()
        var hello = introduction
        for attempt in unanswered.attempts {
            hello.openAttempts.append(attempt)
            if let id = AttemptID(bytes: attempt.attempt) { known.insert(id) }
        }
        let progress = outbox.progress
        for attempt in mailbox.attempts where !known.contains(attempt) {
            hello.openAttempts.append(
                .with {
                    $0.attempt = attempt.wire
                    if attempt == progress.attempt, let write = progress.write {
                        $0.write = write.wire
                    }
                }
            )
        }
        try send(.workerHello(hello))
    }

    private func beat() throws {
        let now = SystemClock.bootNanoseconds()
        guard heartbeats.isDue(at: now) else { return }
        session.mayAskAgain()
        guard session.phase != .introducing else { return try introduce() }
        let progress = outbox.progress
        // A heartbeat that finds the socket full is left out: a late one would say nothing.
        guard backlog.isEmpty else { return }
        heartbeats.sent(at: now)
        try send(
            .workerHeartbeat(
                .with {
                    $0.sentAtNs = UInt64(now)
                    $0.progressAtNs = UInt64(progress.stampedAt)
                    $0.residentBytes = Machine.residentBytes()
                    $0.attempt = progress.attempt?.wire ?? Data()
                    $0.doing = progress.doing
                }
            )
        )
    }

    private func speakAgain() throws {
        let now = SystemClock.bootNanoseconds()
        while let body = backlog.first {
            guard try offer(body) else { return }
            backlog.removeFirst()
        }
        guard session.phase != .introducing else { return }
        for body in unanswered.due(at: now) { try send(body) }
    }

    private func send(_ body: WireEnvelope.OneOf_Body) throws {
        unanswered.sent(body, at: SystemClock.bootNanoseconds())
        if try backlog.isEmpty && offer(body) { return }
        backlog.append(body)
    }

    private func offer(_ body: WireEnvelope.OneOf_Body) throws -> Bool {
        try work.send([Codec.encode(session.letter(body))]) == .sent
    }

    // MARK: the end

    private func leave(_ reason: String) throws {
        guard departure == nil else { return }
        departure = Departure()
        mailbox.order { $0.isLeaving = true }
        try returnUnstarted()
    }

    /// Exits once nothing is in hand, everything was said, and an answer shows that it was heard.
    private func departIfPossible(isExecuting: Bool) throws {
        let now = SystemClock.bootNanoseconds()
        if let overdue = errand, overdue.isOverdue(at: now) {
            errand = nil
            try send(.errandDone(overdue.failure))
            departure = Departure(isForced: true)
        }
        guard var leaving = departure else { return }
        guard leaving.isForced || !isExecuting, unanswered.isEmpty, backlog.isEmpty else { return }
        if leaving.saidEverythingAt == nil {
            leaving.saidEverythingAt = now
            departure = leaving
            heartbeats.restart(every: session.terms.heartbeat)
            return try beat()
        }
        if let said = leaving.saidEverythingAt, heartbeats.lastAnswered >= said {
            (leaving.isForced ? WorkerExit.overdue : .done).exit()
        }
    }

    private func timeout() -> Duration {
        let now = SystemClock.bootNanoseconds()
        if !backlog.isEmpty { return .milliseconds(5) }
        return .nanoseconds(max(0, heartbeats.nextAt - now))
    }
}
