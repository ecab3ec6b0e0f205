internal import Drivers
internal import Foundation
internal import Model
internal import Wire

extension Supervisor {
    /// Starts a worker process and says so, or says why not. Asked twice for the same one, it answers twice.
    func start(_ incarnation: Incarnation) throws {
        var answer = WireSpawned()
        answer.worker = incarnation.wire
        if let running = workers[incarnation] {
            answer.pid = running.child.pid
            answer.lockPath = running.lockPath
            return try line.send(.spawned(answer))
        }
        if let refusal = refusal(of: incarnation) {
            answer.error = refusal
            return try line.send(.spawned(answer))
        }
        do {
            let worker = try spawner.start(incarnation)
            workers[incarnation] = worker
            answer.pid = worker.child.pid
            answer.lockPath = worker.lockPath
        } catch {
            answer.error = "\(error)"
        }
        try line.send(.spawned(answer))
    }

    private func refusal(of incarnation: Incarnation) -> String? {
        if let death = deaths.known(incarnation) {
            return "worker \(incarnation) was started before and has died (\(death.detail))"
        }
        guard workers.count < settings.workersMax else {
            return """
                the supervisor has \(workers.count) workers, allowed are \(settings.workersMax) \
                (\(settings.slots) slots, \(settings.spares) beyond them)
                """
        }
        guard intensity.mayStart() else {
            return """
                \(settings.deathsMax) workers ended within \(settings.deathWindow) without having been told to; see the \
                standard error of the supervisor
                """
        }
        return nil
    }
}
