import Drivers
import Foundation

/// Somebody who reads a table while it is being written: runs one query again and again, as fast as the server answers, in
/// a session and a thread of its own, and keeps every distinct answer.
///
///     let reader = try PollingReader(url, "SELECT count(*), sum(hashtext(t::text)::bigint) FROM people t")
///     … the table is replaced …
///     try reader.next()                       // a read that began after that has ended
///     let seen = try reader.stop()
///     #expect(seen.answers.keys.allSatisfy { [old, new].contains($0) } && seen.errors.isEmpty)
public final class PollingReader: @unchecked Sendable {
    /// How often each was seen: answers as their rows of text (NULL as "∅", fields joined by "|"), errors as the server
    /// words them.
    public struct Seen: Sendable {
        public var answers: [[String]: Int] = [:]
        public var errors: [String: Int] = [:]
        public var reads: Int { answers.values.reduce(0, +) + errors.values.reduce(0, +) }
    }

    private let url: String
    private let query: String
    /// Guards what stands below it.
    private let condition = NSCondition()
    private var seen = Seen()
    private var begun = 0
    private var ended = 0
    private var isStopped = false
    private var failure: (any Error)?
    private var worker: PostgresWorker?

    /// Begins to read; returns when the first answer is there.
    ///
    /// - Throws: when the server cannot be reached.
    public init(_ url: String, _ query: String) throws {
        self.url = url
        self.query = query
        let session = try connect()
        worker = PostgresWorker { [self] in try read(session) }
        try next()
    }

    /// Waits until a read has ended that began after this call did.
    ///
    /// - Throws: what ended the reading for good, or after a minute without an answer.
    public func next() throws {
        let end = Date(timeIntervalSinceNow: 60)
        condition.lock()
        defer { condition.unlock() }
        let target = begun + 1
        while ended < target {
            if let failure { throw failure }
            guard condition.wait(until: end) else { throw Unanswered(query: query) }
        }
    }

    /// Ends the reading.
    public func stop() throws -> Seen {
        condition.withLock { isStopped = true }
        try worker?.join()
        return condition.withLock { seen }
    }

    private func connect() throws -> PostgresConnection {
        try PostgresConnection(url: url, settings: ["application_name": "polling reader"])
    }

    private func read(_ first: PostgresConnection) throws {
        var session = first
        defer { session.close() }
        do {
            while condition.withLock({ begin() }) {
                let outcome = Result { try session.rows(query) }
                condition.withLock { note(outcome) }
                // Whoever reads comes back when its session was ended.
                if !session.isOpen { session = try connect() }
            }
        } catch {
            condition.withLock {
                failure = error
                condition.broadcast()
            }
            throw error
        }
    }

    private func begin() -> Bool {
        begun += 1
        return !isStopped
    }

    private func note(_ outcome: Result<[String], any Error>) {
        switch outcome {
        case .success(let rows): seen.answers[rows, default: 0] += 1
        case .failure(let error): seen.errors["\(error)", default: 0] += 1
        }
        ended = begun
        condition.broadcast()
    }

    private struct Unanswered: Error, CustomStringConvertible {
        let query: String
        var description: String { "no answer within 60 s to \(query)" }
    }
}
