import Decisions
import Model
import Wire

extension CoordinatorLoop {
    /// Executes what a run's machine ordered; messages leave after the turn's commit.
    func execute(_ directive: RunDirective, of run: RunID) {
        guard let active = runs[run] else { return }
        switch directive {
        case .wantWorkers(let count):
            let free = max(0, settings.slots - fleet.slotsTaken(except: run))
            take(fleet.wanted(min(count, free), for: run, now))
        case .openRun(let incarnation, let snapshot):
            do {
                try openRun(incarnation, active, snapshot: snapshot)
            } catch {
                act(on: run) { $0.abort("the job cannot be sent to a worker: \(error)", now) }
            }
        case .planStream(let incarnation, let stream, let kind, let recordsPerBatch, let range):
            planStream(
                incarnation,
                run,
                stream: stream,
                kind: kind,
                recordsPerBatch: recordsPerBatch,
                range: range
            )
        case .assign(let incarnation, let assignment):
            assign(assignment, to: incarnation, run)
        case .answer(let incarnation, let permit):
            answer(incarnation, permit)
        case .acknowledge(let incarnation, let attempt, let write):
            acknowledge(incarnation, attempt: attempt, write: write)
        case .killWorkers(let incarnations, let reason):
            kill(incarnations, reason: reason)
        case .retireWorker(let incarnation, let reason):
            retire(incarnation, reason: reason)
        case .broadcastDrain:
            controlSequence += 1
            var order = WireDrain()
            order.run = run.wire
            outbox.append(.control(.drain(order)))
        case .broadcastTerminate:
            controlSequence += 1
            var order = WireTerminate()
            order.run = run.wire
            outbox.append(.control(.terminate(order)))
        case .closeGate(let attempts):
            order(.closeGate(run, attempts), on: active.destination)
        case .reconcile(let attempts):
            order(.reconcile(run, attempts), on: active.destination)
        case .discard:
            order(.discard(run), on: active.destination)
        case .runEnded:
            take(fleet.wanted(0, for: run, now))
            withdrawErrands(of: run)
            runs[run] = nil
        }
    }

    private func assign(_ assignment: Assignment, to incarnation: Incarnation, _ run: RunID) {
        var order = WireAssign()
        order.run = run.wire
        order.batch = assignment.batch.wire
        order.attempt = assignment.attempt.wire
        order.streamIndex = UInt32(assignment.streamIndex)
        order.range = WireKeyRange(assignment.range, records: assignment.records)
        order.number = UInt32(assignment.number)
        order.kind = WireBatchKind(assignment.kind)
        outbox.append(.work(incarnation, .assign(order)))
    }
}
