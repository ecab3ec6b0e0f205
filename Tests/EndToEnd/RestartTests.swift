import Client
import Drivers
import Foundation
import Glibc
import Model
import TestSupport
import Testing

/// Databases that are restarted and workers that hang while a run goes on.
@MainActor @Suite(.serialized) struct RestartTests {
    enum End: CaseIterable { case source, destination }

    private func lines(_ run: RunView, _ server: SluiceServer) throws -> [LogLine] {
        try server.client.logs(LogQuery(run: run.id, level: .warning, limit: LogQuery.limitMax))
    }

    /// Waits until that many lines of the run's log hold `text`.
    private func wait(for text: String, times: Int, _ run: RunView, _ server: SluiceServer) throws -> [LogLine] {
        var found: [LogLine] = []
        _ = try server.wait(for: run, "\(times) lines with \"\(text)\"") { view in
            found = ((try? lines(run, server)) ?? []).filter { $0.message.contains(text) }
            return found.count >= times || view.state.isTerminal
        }
        try #require(found.count >= times)
        return found
    }

    @Test(arguments: End.allCases) func `a database that is restarted does not fail the run`(end: End) throws {
        let crossing = try Crossing()
        let database = end == .source ? crossing.source : crossing.destination
        let pool = try PostgresPool(of: database, mode: "session", sessions: 20)
        let configuration = crossing.configuration.replacing(database.url, with: pool.url)
        let server = try SluiceServer(in: crossing.folder, configuration: configuration)
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        try pool.stop()
        try other.execute("ROLLBACK")
        _ = try wait(for: "cannot connect", times: 4, run, server)
        #expect(try server.client.run("1").state == .running)
        try pool.start()
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .completed, "\(ended.reason ?? "")")
        #expect(try crossing.written() == Set(1...Crossing.records))
        try crossing.judge(ended, on: server)
    }

    @Test func `a run that waits for a system says which`() throws {
        let crossing = try Crossing()
        let pool = try PostgresPool(of: crossing.destination, mode: "session", sessions: 20)
        let configuration = crossing.configuration.replacing(crossing.destination.url, with: pool.url)
        let server = try SluiceServer(in: crossing.folder, configuration: configuration)
        try pool.stop()
        let run = try server.start()
        let waiting = try server.wait(for: run, "a failure to open it") { $0.blockedOn != nil }
        #expect(waiting.state == .running)
        let show = try crossing.command("show", "1")
        #expect(try show.exitStatus() == 0)
        #expect(show.text.contains("running, planning, waiting: connection \"crm\": cannot connect to"), "\(show.text)")
        try pool.start()
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .completed)
        #expect(ended.blockedOn == nil)
    }

    @Test func `a worker that hangs is ended by its lease, and the log says so with its pid`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        let pid = try #require(try server.client.run("1").workers.first { $0.state == .working }?.pid)
        #expect(Glibc.kill(pid, SIGSTOP) == 0)
        let line = try wait(for: "nothing was heard of it for 10 s", times: 1, run, server)[0]
        #expect(line.message == "worker lease expired: nothing was heard of it for 10 s")
        #expect(line.pid == pid)
        try other.execute("ROLLBACK")
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .completed)
        try crossing.judge(ended, on: server)
        #expect(try !lines(run, server).contains { $0.message.contains("signal 9") })
        let dead = try #require(ended.workers.first { $0.pid == pid }?.death)
        #expect(dead.contains("its lease ended it") || dead.contains("signal 9"), "\(dead)")
    }
}
