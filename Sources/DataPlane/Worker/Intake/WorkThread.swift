import Drivers
import Foundation
import Model
import SwiftProtobuf
import Wire

/// Executes one command after another; everything that may block happens here.
///
/// It belongs to one thread, and so do the connectors it makes.
final class WorkThread {
    private let mailbox: Mailbox
    private let outbox: Outbox
    private let environment: [String: String]
    private let complain: Complaint
    private let faultSites: FaultSites
    private var opened: OpenedRun?
    private var answer: WireRunOpened?

    init(
        mailbox: Mailbox,
        outbox: Outbox,
        environment: [String: String],
        complain: Complaint
    ) {
        self.mailbox = mailbox
        self.outbox = outbox
        self.environment = environment
        self.complain = complain
        faultSites = FaultSites(environment: environment)
    }

    /// Returns when nothing more is to be done, which is not the end of the process.
    func run() {
        while let command = mailbox.next() {
            execute(command)
            outbox.rest()
            mailbox.finished()
            outbox.doorbell.ring()
        }
    }

    private func execute(_ command: Command) {
        switch command {
        case .openRun(let message):
            open(message)
        case .planStream(let message):
            guard let run = opened else { return notOpened(message.run) }
            StreamPlanner(run: run, mailbox: mailbox, outbox: outbox).plan(message)
        case .assign(let assignment):
            guard let run = opened else { return notOpened(assignment.run.wire) }
            write(assignment, of: run)
        case .errand(let message):
            ErrandRunner(outbox: outbox, environment: environment).execute(message)
        }
    }

    private func open(_ message: WireOpenRun) {
        // Asked again: by a coordinator that has not heard the answer.
        if let answer { return outbox.post(.runOpened(answer)) }
        do {
            outbox.doing("opening the run")
            let (run, answer) = try OpenedRun.open(message, environment: environment)
            opened = run
            self.answer = answer
            outbox.post(.runOpened(answer))
        } catch {
            outbox.fail(message.run, error)
        }
    }

    private func write(_ assignment: Assignment, of run: OpenedRun) {
        let writer = BatchWriter(
            run: run,
            assignment: assignment,
            mailbox: mailbox,
            outbox: outbox,
            faultSites: faultSites
        )
        switch writer.execute() {
        case .goOn:
            makeRoomIfTooLarge()
        case .sourceLost(let error):
            // The view of the data went with the connection; a fresh process can share one that others hold.
            leave("leaves because its source is gone: \(error)")
        case .inDoubt:
            mailbox.close()
        }
    }

    /// A large process takes long to kill; a fresh one goes on in its place.
    private func makeRoomIfTooLarge() {
        let resident = Machine.residentBytes()
        guard let allowed = mailbox.orders.residentBytesMax, resident > allowed else { return }
        leave("leaves after a batch: \(resident) bytes are resident, \(allowed) are allowed")
    }

    private func leave(_ reason: String) {
        mailbox.order { $0.isLeaving = true }
        outbox.leave(reason: reason)
    }

    private func notOpened(_ run: Data) {
        outbox.fail(run, SluiceError(.internal, "work for a run that was not opened"))
    }
}

extension Outbox {
    /// Says that this worker cannot go on with the run.
    func fail(_ run: Data, _ error: any Error) {
        let failure = WireFailure(SluiceError(describing: error))
        post(
            .runFailed(
                .with {
                    $0.run = run
                    $0.failure = failure
                }
            )
        )
    }
}

extension SluiceError {
    /// As it is, or as a bug of ours when it is of another kind.
    init(describing error: any Error) {
        self = error as? SluiceError ?? SluiceError(.internal, "\(error)")
    }
}
