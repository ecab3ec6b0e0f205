import Drivers
import Foundation
import Model
import SwiftProtobuf
import TestSupport
import Testing
import Wire

/// A coordinator played by a test: real sockets, and the real `sluice-worker` on their other end.
///
/// It belongs to one thread (see `play`). While it waits for a message it ticks and answers heartbeats, unless told not to.
final class PlayedCoordinator {
    /// Nothing of this takes longer than some milliseconds; a machine under load gets its time.
    static let patience = Duration.seconds(30)

    let installation = InstallationID.make(milliseconds: 1)
    let run = RunID.make(milliseconds: 2)
    var epoch: UInt64 = 1
    var sequence: UInt64 = 1
    var desired = WireDesired.run
    var answersHeartbeats = true
    var ticks = true
    private(set) var heartbeats: [WireWorkerHeartbeat] = []
    /// The one spoken to.
    private(set) var worker: PlayedWorker?
    private var workers: [PlayedWorker] = []

    private let directory: TemporaryDirectory
    private var context: ZeroMQContext
    private var work: ZeroMQSocket
    private var control: ZeroMQSocket
    private var received: [WireEnvelope.OneOf_Body] = []
    private let endpoints: Endpoints

    init(in directory: TemporaryDirectory) throws {
        self.directory = directory
        endpoints = try Endpoints.local(in: directory.path)
        (context, work, control) = try Self.bind(endpoints)
    }

    /// Runs `body` on a thread of its own, which may block.
    static func play(
        environment: [String: String] = [:],
        _ body: @escaping @Sendable (PlayedCoordinator) throws -> Void
    ) async throws {
        await Stage.shared.enter()
        defer { Task { await Stage.shared.leave() } }
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            do {
                _ = try EventThread(name: "coordinator") {
                    done.resume(with: Result { try inScratch(environment: environment, body) })
                }
            } catch {
                done.resume(throwing: error)
            }
        }
    }

    private static func inScratch(
        environment: [String: String],
        _ body: (PlayedCoordinator) throws -> Void
    ) throws {
        let directory = try TemporaryDirectory()
        let played = try PlayedCoordinator(in: directory)
        try played.start(environment: environment)
        defer { for worker in played.workers { worker.end() } }
        try body(played)
    }

    var scratch: String { directory.path }

    /// Starts a worker, which is the one spoken to from now on; the one before goes on.
    func start(environment: [String: String] = [:]) throws {
        let started = try PlayedWorker(
            endpoints: endpoints,
            in: directory,
            environment: environment
        )
        workers.append(started)
        worker = started
    }

    func turn(to other: PlayedWorker) {
        worker = other
    }

    /// The old coordinator is gone, and with it what was on its way; another one listens at the same place.
    func restart() throws {
        work.close()
        control.close()
        (context, work, control) = try Self.bind(endpoints)
        epoch += 1
        received = []
    }

    // MARK: saying

    func say(
        _ body: WireEnvelope.OneOf_Body,
        epoch other: UInt64? = nil,
        to receiver: PlayedWorker? = nil
    ) throws {
        let letter = Letter(epoch: other ?? epoch, sequence: sequence, body: body)
        try sayRaw(try Codec.encode(letter), to: receiver)
    }

    func broadcast(_ body: WireEnvelope.OneOf_Body, epoch other: UInt64? = nil) throws {
        let frame = try Codec.encode(Letter(epoch: other ?? epoch, sequence: sequence, body: body))
        _ = try control.send([ControlTopic.everybody, frame])
    }

    /// A frame, a message or not. Only to a worker that has been heard: before, the router does not know it.
    func sayRaw(_ frame: [UInt8], to receiver: PlayedWorker? = nil) throws {
        let worker = try #require(receiver ?? worker)
        let result = try work.send([worker.incarnation.bytes, frame])
        guard result == .sent else {
            throw NotHeard(
                what: "the worker is \(result), its end: \(String(describing: try worker.process.reap()))",
                worker: worker.complaints
            )
        }
    }

    /// Of the worker, as messages name it.
    var incarnation: Data { worker?.incarnation.wire ?? Data() }

    func drain() throws {
        try decide(.drain, .drain(.with { $0.run = run.wire }))
    }

    /// A control decision: one more in S, and all that is said from now on carries it.
    func decide(_ desired: WireDesired, _ body: WireEnvelope.OneOf_Body) throws {
        sequence += 1
        self.desired = desired
        try broadcast(body)
    }

    /// From HELLO to READY.
    func welcome(_ terms: (inout WireWelcome) -> Void = { _ in }) throws {
        _ = try hear(\.workerHello)
        var welcome = WireWelcome.with {
            $0.desired = desired
            $0.heartbeatMs = 100
            $0.leaseMs = 60_000
            $0.installation = installation.wire
        }
        terms(&welcome)
        try say(.welcome(welcome))
        _ = try hear(\.workerReady)
    }

    // MARK: hearing

    /// The next message of a kind; those before it are dropped.
    func hear<Message>(_ kind: (WireEnvelope.OneOf_Body) -> Message?) throws -> Message {
        try hear(within: Self.patience, kind)
    }

    func hear<Message>(
        within patience: Duration,
        _ kind: (WireEnvelope.OneOf_Body) -> Message?
    ) throws -> Message {
        var passed: [String] = []
        let deadline = ContinuousClock.now.advanced(by: patience)
        while ContinuousClock.now < deadline {
            while !received.isEmpty {
                let body = received.removeFirst()
                if let message = kind(body) { return message }
                passed.append(body.kind)
            }
            try attend()
        }
        throw notHeard("\(Message.self)", passed)
    }

    /// The kinds of everything that is said until the worker has answered to a heartbeat that came after all of it.
    func heardUntilQuiet() throws -> [String] {
        let start = heartbeats.count
        let deadline = ContinuousClock.now.advanced(by: Self.patience)
        while heartbeats.count < start + 3 {
            guard ContinuousClock.now < deadline else { throw notHeard("heartbeat", []) }
            try attend()
        }
        defer { received = [] }
        return received.map(\.kind)
    }

    /// Waits for a heartbeat that says so.
    func await(_ isSo: (WireWorkerHeartbeat) -> Bool) throws {
        let deadline = ContinuousClock.now.advanced(by: Self.patience)
        while heartbeats.last.map(isSo) != true {
            guard ContinuousClock.now < deadline else {
                throw notHeard("heartbeat", [heartbeats.last?.doing ?? "none"])
            }
            try attend()
        }
    }

    /// How the process ended.
    func ending() throws -> ProcessEnding {
        let worker = try #require(worker)
        let deadline = ContinuousClock.now.advanced(by: Self.patience)
        while ContinuousClock.now < deadline {
            if let ending = try worker.process.reap() { return ending }
            try attend(alsoOn: worker.process.descriptor)
        }
        throw notHeard("end of the process", [])
    }

    /// Ticks, takes what has come, answers heartbeats.
    private func attend(alsoOn descriptor: Int32? = nil) throws {
        if ticks { try broadcast(.tick(WireTick())) }
        _ = try Poller.wait(
            sockets: [work],
            descriptors: descriptor.map { [$0] } ?? [],
            timeout: .milliseconds(20)
        )
        while let frames = try work.receive() {
            let (sender, letter) = try Codec.decodeRouted(frames, on: .fromWorker)
            guard case .workerHeartbeat(let heartbeat) = letter.body else {
                received.append(letter.body)
                continue
            }
            heartbeats.append(heartbeat)
            guard answersHeartbeats,
                let known = workers.first(where: { $0.incarnation == sender }),
                try known.process.reap() == nil
            else { continue }
            try say(
                .heartbeatReply(
                    .with {
                        $0.sentAtNs = heartbeat.sentAtNs
                        $0.desired = desired
                    }
                ),
                to: known
            )
        }
    }

    private func notHeard(_ kind: String, _ passed: [String]) -> NotHeard {
        NotHeard(what: "no \(kind) was heard but \(passed)", worker: worker?.complaints ?? "")
    }

    private static func bind(
        _ endpoints: Endpoints
    ) throws -> (ZeroMQContext, ZeroMQSocket, ZeroMQSocket) {
        let context = try ZeroMQContext()
        let work = try ZeroMQSocket(.router, in: context)
        let control = try ZeroMQSocket(.xpub, in: context)
        try work.bind(endpoints.work)
        try control.bind(endpoints.control)
        return (context, work, control)
    }
}

/// A message did not come, or did not go.
struct NotHeard: Error, CustomStringConvertible {
    let what: String
    let worker: String

    var description: String { "\(what); the worker wrote: \"\(worker)\"" }
}
