internal import Drivers
internal import Foundation
internal import Model
internal import Wire

extension Supervisor {
    /// SIGKILL to a worker and its process group, without grace. Its death is reported when it is reaped.
    ///
    /// A worker that is not ours is looked for like one whose death is to be proven.
    func kill(_ incarnation: Incarnation) throws {
        guard let worker = workers[incarnation] else {
            return deaths.ask(incarnation)
        }
        workers[incarnation]?.isKilled = true
        try worker.child.kill()
    }

    /// The end of the supervisor: first every worker is sent SIGKILL, then each is reaped.
    ///
    /// Goes on past whatever fails for one of them: the lifeline ends the rest with this process.
    func killEverybody() {
        for worker in workers.values { attempt { try worker.child.kill() } }
        for worker in workers.values {
            attempt {
                _ = try worker.child.wait()
                try locks.remove(worker.incarnation)
            }
        }
        workers = [:]
    }

    private func attempt(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            settings.report("\(error)")
        }
    }
}
