import Drivers
import Foundation
import Wire

/// A worker process: one run or one errand, fresh for each. It may be killed at any instruction.
///
/// Three threads: the event loop (this one) talks to the coordinator and never blocks, the work thread executes one command
/// after another and blocks as it must, and the lifeline thread ends the process with its supervisor.
public enum WorkerProcess {
    /// Runs until the process ends.
    public static func run(_ arguments: WorkerArguments) -> Never {
        do {
            // The lock is held by having the descriptor; no child of ours may keep it after us.
            try Lifeline.closeOnExec(arguments.lock)
            try LifelineThread.start(watching: arguments.lifeline)
            let mailbox = Mailbox()
            let outbox = try Outbox()
            let environment = ProcessInfo.processInfo.environment
            let complain = Complaint(incarnation: arguments.incarnation)
            _ = try EventThread(name: "work") {
                WorkThread(
                    mailbox: mailbox,
                    outbox: outbox,
                    environment: environment,
                    complain: complain
                )
                .run()
            }
            try EventLoop(arguments, mailbox: mailbox, outbox: outbox).run()
        } catch {
            Complaint(incarnation: arguments.incarnation)("cannot go on: \(error)")
            WorkerExit.failed.exit()
        }
    }
}
