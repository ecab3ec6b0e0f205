internal import Drivers
internal import Foundation
internal import Model
internal import Wire

/// What is known of deaths: those reaped here, and questions about workers of other supervisors.
struct DeathLedger {
    /// Deaths kept for questions that come late.
    static let deathsMax = 1_024
    /// A question without a proof is answered "none" after this, and again once there is one.
    static let patience: Int64 = 1_000_000_000
    private static let lookInterval: Int64 = 10_000_000
    private static let lateLookInterval: Int64 = 500_000_000

    private struct Question {
        let lockPath: String
        let bootID: String
        let askedAt: Int64
        var isAnswered = false
        var nextLook: Int64
    }

    private let bootID: String
    private let locks: LockDirectory
    private var deaths: [Incarnation: WireDied] = [:]
    private var order: [Incarnation] = []
    private var questions: [Incarnation: Question] = [:]

    init(bootID: String, locks: LockDirectory) {
        self.bootID = bootID
        self.locks = locks
    }

    mutating func remember(_ death: WireDied, of incarnation: Incarnation) {
        if deaths.updateValue(death, forKey: incarnation) == nil { order.append(incarnation) }
        questions[incarnation] = nil
        if order.count > Self.deathsMax { deaths[order.removeFirst()] = nil }
    }

    func known(_ incarnation: Incarnation) -> WireDied? {
        deaths[incarnation]
    }

    /// `lockPath` empty: where this supervisor's own workers have theirs; `bootID` empty: not known.
    mutating func ask(_ incarnation: Incarnation, lockPath: String = "", bootID: String = "") {
        let now = SystemClock.bootNanoseconds()
        questions[incarnation] = Question(
            lockPath: lockPath.isEmpty ? locks.path(of: incarnation) : lockPath,
            bootID: bootID,
            askedAt: now,
            nextLook: now
        )
    }

    /// When to look again; nil: nobody asks.
    var nextLook: Int64? {
        questions.values.map(\.nextLook).min()
    }

    /// Looks for the proofs that are asked for; gives the answers that are due.
    mutating func look() throws -> [WireDied] {
        let now = SystemClock.bootNanoseconds()
        var answers: [WireDied] = []
        for (incarnation, question) in questions where question.nextLook <= now {
            var answer = try evidence(incarnation, question)
            answer.worker = incarnation.wire
            if answer.proof != .none {
                questions[incarnation] = nil
                answers.append(answer)
                continue
            }
            let isLate = now - question.askedAt >= Self.patience
            if isLate, !question.isAnswered { answers.append(answer) }
            questions[incarnation]?.isAnswered = isLate
            questions[incarnation]?.nextLook =
                now + (isLate ? Self.lateLookInterval : Self.lookInterval)
        }
        return answers
    }

    private func evidence(_ incarnation: Incarnation, _ question: Question) throws -> WireDied {
        if let death = deaths[incarnation] { return death }
        if !question.bootID.isEmpty, question.bootID != bootID {
            return answer(.otherBoot, "this host has been started anew since")
        }
        switch try state(of: question.lockPath) {
        case .held:
            return answer(.none, "\(question.lockPath) is locked: it runs")
        case .free:
            return answer(.lockFree, "nobody holds \(question.lockPath)")
        case .missing where isOurs(question.lockPath, incarnation) && locks.isContinuous:
            return answer(.lockFree, "it was never started, or was reaped: \(locks.path) has no lock of it")
        case .missing:
            return answer(.none, "\(question.lockPath) is not there, which proves nothing")
        }
    }

    /// A path that cannot be looked at is as good as missing.
    private func state(of path: String) throws -> FileLock.State {
        do {
            return try FileLock.state(of: path)
        } catch is DriverError {
            return .missing
        }
    }

    private func isOurs(_ path: String, _ incarnation: Incarnation) -> Bool {
        path == locks.path(of: incarnation)
    }

    private func answer(_ proof: WireProof, _ detail: String) -> WireDied {
        var died = WireDied()
        died.proof = proof
        died.detail = detail
        return died
    }
}
