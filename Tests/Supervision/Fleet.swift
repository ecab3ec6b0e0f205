import Drivers
import Foundation
import Model
import Supervision
import Synchronization
import Wire

/// A directory of one test's own, removed with it.
final class Scratch {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("sl-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// An executable shell script.
    func script(_ text: String) throws -> String {
        let file = "\(path)/worker"
        try "#!/bin/sh\n\(text)\n".write(toFile: file, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        return file
    }
}

/// A real supervisor on a thread of this process, against a router that the test plays.
final class Fleet {
    struct Silence: Error, CustomStringConvertible {
        let description: String
    }

    let scratch: Scratch
    let incarnation = Incarnation.make(milliseconds: 1)
    /// Held by the test as the coordinator would.
    let lifeline: Lifeline
    let socket: ZeroMQSocket
    var epoch: UInt64 = 1
    private let supervisor: EventThread
    private let outcome = Outcome()

    var lockDirectory: String { "\(scratch.path)/locks" }
    /// What the supervisor had to say to an operator.
    var reports: [String] { outcome.reports.withLock { $0 } }

    init(
        worker script: String = "exec sleep 1000",
        scratch: Scratch? = nil,
        change: (inout SupervisorSettings) -> Void = { _ in }
    ) throws {
        let scratch = try scratch ?? Scratch()
        self.scratch = scratch
        lifeline = try Lifeline()
        socket = try ZeroMQSocket(.router, in: try ZeroMQContext())
        let endpoints = try Endpoints.local(in: scratch.path)
        try socket.bind(endpoints.fleet)
        let outcome = outcome
        var settings = SupervisorSettings(
            incarnation: incarnation,
            endpoints: endpoints,
            workerPath: try scratch.script(script),
            lockDirectory: "\(scratch.path)/locks",
            lifeline: lifeline.watched.number,
            slots: 2,
            spares: 1,
            kernelLease: false,
            report: { line in outcome.reports.withLock { $0.append(line) } }
        )
        change(&settings)
        supervisor = try EventThread(name: "test") { [settings] in
            let end = Result { try runSupervisor(settings) }
            outcome.end.withLock { $0 = end }
            outcome.ended.ring()
        }
    }

    deinit {
        lifeline.held.close()
        supervisor.join()
    }

    func send(_ body: WireEnvelope.OneOf_Body) throws {
        let frame = try Codec.encode(Letter(epoch: epoch, sequence: 0, body: body))
        guard try socket.send([incarnation.bytes, frame]) == .sent else {
            throw Silence(description: "the supervisor cannot be reached")
        }
    }

    /// The next message that `select` takes; heartbeats are answered on the way unless `answering` says no.
    func next<Value>(
        _ what: String,
        answering: Bool = true,
        _ select: (WireEnvelope.OneOf_Body) throws -> Value?
    ) throws -> Value {
        let deadline = ContinuousClock.now.advanced(by: .seconds(20))
        while ContinuousClock.now < deadline {
            _ = try Poller.wait(sockets: [socket], descriptors: [], timeout: .seconds(1))
            while let frames = try socket.receive() {
                let letter = try Codec.decodeRouted(frames, on: .fromSupervisor).letter
                if answering, case .supervisorHeartbeat(let beat) = letter.body {
                    var reply = WireHeartbeatReply()
                    reply.sentAtNs = beat.sentAtNs
                    reply.desired = .run
                    try send(.heartbeatReply(reply))
                }
                if let value = try select(letter.body) { return value }
            }
        }
        throw Silence(description: "no \(what) within 20 s")
    }

    /// Takes the hello and welcomes the supervisor.
    @discardableResult
    func welcome(beat: Int = 500, lease: Int = 10_000) throws -> WireSupervisorHello {
        let hello = try next("hello") { body -> WireSupervisorHello? in
            if case .supervisorHello(let hello) = body { hello } else { nil }
        }
        var welcome = WireSupervisorWelcome()
        welcome.heartbeatMs = UInt32(beat)
        welcome.leaseMs = UInt32(lease)
        try send(.supervisorWelcome(welcome))
        return hello
    }

    func spawn(_ worker: Incarnation = .make(milliseconds: 2)) throws -> WireSpawned {
        var order = WireSpawn()
        order.worker = worker.wire
        try send(.spawn(order))
        return try next("answer to a spawn") { body in
            if case .spawned(let spawned) = body, spawned.worker == worker.wire { spawned } else { nil }
        }
    }

    func kill(_ workers: [Incarnation]) throws {
        var order = WireKill()
        order.workers = workers.map(\.wire)
        order.reason = "test"
        try send(.kill(order))
    }

    func prove(_ worker: Incarnation, lockPath: String = "", bootID: String = "") throws {
        var question = WireProve()
        question.worker = worker.wire
        question.lockPath = lockPath
        question.bootID = bootID
        try send(.prove(question))
    }

    func death(of worker: Incarnation) throws -> WireDied {
        try next("death of \(worker)") { body in
            if case .died(let died) = body, died.worker == worker.wire { died } else { nil }
        }
    }

    /// Waits for the supervisor's end.
    func end() throws -> SupervisorEnd {
        _ = try Poller.wait(
            sockets: [],
            descriptors: [outcome.ended.descriptor],
            timeout: .seconds(20)
        )
        guard let end = outcome.end.withLock({ $0 }) else {
            throw Silence(description: "the supervisor did not end within 20 s")
        }
        return try end.get()
    }
}

private final class Outcome: Sendable {
    let end = Mutex<Result<SupervisorEnd, any Error>?>(nil)
    let reports = Mutex<[String]>([])
    let ended: Doorbell

    init() {
        do {
            ended = try Doorbell()
        } catch {
            fatalError("\(error)")
        }
    }
}
