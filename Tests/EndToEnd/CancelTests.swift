import Client
import Drivers
import Foundation
import Model
import TestSupport
import Testing

/// Every way to cancel, judged by reading the destination.
@MainActor @Suite(.serialized) struct CancelTests {
    @Test func `a graceful cancel finishes the batch that has begun, and begins none`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        let reply = try server.cancel(run, .graceful, deadline: 60)
        #expect(reply.accepted)
        #expect(reply.run.state == .draining)
        try other.execute("ROLLBACK")
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .cancelled)
        #expect(ended.cancel?.escalatedAt == nil)
        #expect(try crossing.written() == Set(1...150))
        try crossing.judge(ended, on: server)
    }

    @Test func `a graceful cancel whose deadline passes is forced, also while the destination does not answer`() throws
    {
        let crossing = try Crossing()
        let server = try crossing.serve()
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        let command = try crossing.command("cancel", "1", "--deadline", "500ms")
        let status = try command.exitStatus()
        #expect(status == 0, "\(command.text)")
        #expect(command.text.contains("Run 1 of contacts: cancelled (graceful, then force)"), "\(command.text)")
        let ended = try server.client.run("\(run.number)")
        let cancel = try #require(ended.cancel)
        let deadline = try #require(cancel.deadlineAt)
        #expect(try #require(cancel.escalatedAt) >= deadline)
        try other.execute("ROLLBACK")
        #expect(try crossing.written() == Set(1...100))
        try crossing.judge(ended, on: server)
    }

    @Test func `a drain that asks at its deadline goes on until it is forced`() throws {
        let crossing = try Crossing(job: ["deadline: 300ms", "on_deadline: ask"])
        let server = try crossing.serve()
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        #expect(try server.cancel(run, .graceful).accepted)
        let asking = try server.wait(for: run, "its deadline") { $0.blockedOn != nil }
        #expect(asking.state == .draining)
        #expect(
            asking.blockedOn
                == "the drain's deadline passed with 2 batches in hand; cancel with force, or wait"
                || asking.blockedOn == "the drain's deadline passed with 1 batches in hand; cancel with force, or wait"
        )
        let command = try crossing.command("cancel", "1", "--force")
        #expect(try command.exitStatus() == 0)
        let ended = try server.client.run("1")
        #expect(ended.state == .cancelled)
        #expect(ended.blockedOn == nil)
        try other.execute("ROLLBACK")
        #expect(try crossing.written() == Set(1...100))
        try crossing.judge(ended, on: server)
    }

    @Test func `force in the middle of a drain escalates it, and cancelling again is no error`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        #expect(try server.cancel(run, .graceful).run.state == .draining)
        #expect(try server.cancel(run, .graceful).run.state == .draining)
        let forced = try server.cancel(run, .force)
        #expect(forced.accepted)
        #expect([.terminating, .reconciling, .cancelled].contains(forced.run.state))
        let again = try server.cancel(run, .force)
        #expect(again.accepted == !again.run.state.isTerminal || again.run.state == .cancelled)
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .cancelled)
        #expect(ended.cancel?.escalatedAt != nil)
        let late = try server.cancel(run, .force)
        #expect(!late.accepted)
        #expect(late.run.state == .cancelled)
        let command = try crossing.command("cancel", "1", "--force")
        #expect(try command.exitStatus() == 0)
        #expect(command.text.contains("run 1 had ended before: cancelled"))
        try other.execute("ROLLBACK")
        #expect(try crossing.written() == Set(1...100))
        try crossing.judge(ended, on: server)
    }

    @Test func `a queued run is cancelled at once and has attempted nothing; the one before it goes on`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve(workers: 1)
        let other = try crossing.block()
        let first = try server.start()
        try crossing.waitUntilBlocked()
        let second = try server.start("others")
        #expect(second.state == .queued)
        let command = try crossing.command("cancel", "2", "--force", "--reason", "not now")
        #expect(try command.exitStatus() == 0)
        #expect(command.text.contains("Run 2 of others: cancelled"), "\(command.text)")
        let cancelled = try server.client.run("2")
        #expect(cancelled.state == .cancelled)
        #expect(cancelled.startedAt == nil)
        #expect(cancelled.counts == RunCounts())
        #expect(try server.client.job("others").isPaused)
        try other.execute("ROLLBACK")
        let ended = try server.waitForEnd(of: first)
        #expect(ended.state == .completed)
        #expect(try crossing.written() == Set(1...Crossing.records))
        #expect(try crossing.destination.value("SELECT count(*) FROM others") == "0")
        try crossing.judge(ended, on: server)
    }

    @Test func `a cancel at about the end of a run is accepted and cancels, or says that it came too late`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        var usual = 0.0
        // The first run warms everything up; the second tells how long a run lasts.
        for _ in 0..<2 {
            try crossing.reset()
            let ended = try server.waitForEnd(of: try server.start())
            usual = Double(ended.endedAt?.since(ended.createdAt).microseconds ?? 0)
        }
        // Later after one that was accepted, earlier after one that came too late: about the end all the time.
        var moment = usual * 0.8
        var accepted = 0
        let tries = 24
        for number in 0..<tries {
            try crossing.reset()
            let run = try server.start()
            _ = try Poller.wait(sockets: [], descriptors: [], timeout: .microseconds(Int64(moment)))
            let mode: CancelMode = number.isMultiple(of: 2) ? .graceful : .force
            let reply = try server.cancel(run, mode)
            let ended = try server.waitForEnd(of: run)
            let comment: Comment = "\(mode) after \(Int(moment)) of \(Int(usual)) µs: \(reply.accepted), \(ended.state)"
            switch (reply.accepted, mode) {
            case (false, _): #expect(ended.state == .completed, comment)
            case (true, .force): #expect(ended.state == .cancelled, comment)
            // What was in hand may have been all that was left.
            case (true, .graceful): #expect([.cancelled, .completed].contains(ended.state), comment)
            }
            if ended.state == .completed {
                #expect(try crossing.written().count == Crossing.records, comment)
            }
            try crossing.judge(ended, on: server, comment: comment)
            if reply.accepted { accepted += 1 }
            moment *= reply.accepted ? 1.08 : 0.92
        }
        #expect(accepted > 0 && accepted < tries, "\(accepted) of \(tries) were accepted")
    }

    @Test func `kill takes one worker, and the run goes on to the end, exact`() throws {
        let crossing = try Crossing()
        let server = try crossing.serve()
        let other = try crossing.block()
        let run = try server.start()
        try crossing.waitUntilBlocked()
        let pid = try #require(try server.client.run("1").workers.first { $0.state == .working }?.pid)
        let command = try crossing.command("kill", "\(pid)")
        #expect(try command.exitStatus() == 0)
        #expect(command.text.contains("worker \(pid) is dead: reaped"), "\(command.text)")
        #expect(command.text.contains("run 1 goes on with another"), "\(command.text)")
        try other.execute("ROLLBACK")
        let ended = try server.waitForEnd(of: run)
        #expect(ended.state == .completed)
        #expect(try crossing.written() == Set(1...Crossing.records))
        try crossing.judge(ended, on: server)
        let unknown = try crossing.command("kill", "1")
        #expect(try unknown.exitStatus() == 1)
        #expect(unknown.text.contains("worker \"1\" not found"), "\(unknown.text)")
    }
}
