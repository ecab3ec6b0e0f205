internal import Drivers
internal import Foundation
internal import Model
internal import Wire

extension Supervisor {
    /// Reaps a worker that has ended and reports its death: `waitid` by its parent is the proof.
    func bury(_ incarnation: Incarnation) throws {
        guard let worker = workers[incarnation], let ending = try worker.child.reap() else { return }
        if !worker.wasOrdered(ending.cause) { intensity.note() }
        workers[worker.incarnation] = nil
        try locks.remove(worker.incarnation)
        var died = WireDied()
        died.worker = worker.incarnation.wire
        died.proof = .reaped
        died.detail = ending.description
        died.residentBytes = ending.peakResidentBytes
        switch ending.cause {
        case .exited(let status): died.exitStatus = status
        case .signalled(let number): died.signal = number
        }
        deaths.remember(died, of: worker.incarnation)
        try line.send(.died(died))
    }

    /// Looks for a proof of the death of a worker, whoever started it.
    func prove(_ question: WireProve) throws {
        let incarnation = try Incarnation(wire: question.worker)
        if let worker = workers[incarnation] {
            var answer = WireDied()
            answer.worker = question.worker
            answer.proof = .none
            answer.detail = "it runs as process \(worker.child.pid)"
            return try line.send(.died(answer))
        }
        deaths.ask(incarnation, lockPath: question.lockPath, bootID: question.bootID)
    }
}
