import Decisions
import Model

extension CoordinatorLoop {
    /// Answered once it is durable: from then on no permit is given (force), or no batch is begun (graceful).
    func cancel(_ id: RunID, _ request: CancelRequest) throws -> Bool {
        if runs[id] != nil, !request.streams.isEmpty { return try cancelStreams(id, request) }
        guard let run = cancelQueued(id, request) ?? cancelStarted(id, request) else { return false }
        if request.pause ?? (request.mode == .force) {
            try pause(run.job, paused: true, reason: "run \(run.number) was cancelled", actor: request.actor)
        }
        return true
    }

    /// The run, when it was waiting for slots: nothing was attempted, it is over.
    private func cancelQueued(_ id: RunID, _ request: CancelRequest) -> RunRecord? {
        guard let place = queued.firstIndex(where: { $0.record.id == id }) else { return nil }
        let now = now
        var record = queued.remove(at: place).record
        record.state = .cancelled
        record.endedAt = now
        record.blockedOn = nil
        record.reason = request.reason ?? "cancelled before it started"
        record.cancel = CancelRecord(
            mode: request.mode,
            actor: request.actor,
            reason: request.reason,
            requestedAt: now,
            deadlineAt: nil,
            onDeadline: .force
        )
        changes.append(.updateRun(record, from: .queued))
        changes.append(
            .audit(AuditRecord(at: now, actor: request.actor, event: "cancel_requested", run: id, detail: "queued"))
        )
        return record
    }

    /// The run, when it took the cancel; nil when it has ended.
    private func cancelStarted(_ id: RunID, _ request: CancelRequest) -> RunRecord? {
        guard let active = runs[id] else { return nil }
        let now = now
        var accepted = false
        act(on: id) { machine in
            let (steps, taken) = machine.cancelRequested(
                mode: request.mode,
                actor: request.actor,
                reason: request.reason,
                deadline: request.deadlineSeconds.map { .milliseconds(Int64($0 * 1000)) },
                now
            )
            accepted = taken
            return steps
        }
        return accepted ? active.machine.record : nil
    }

    /// Of one run some streams, named by their source or destination; the schedule goes on.
    private func cancelStreams(_ id: RunID, _ request: CancelRequest) throws -> Bool {
        guard let active = runs[id] else { return false }
        let streams = active.job.streams
        var indexes: Set<Int> = []
        for name in request.streams {
            let named = streams.indices.filter { streams[$0].destination == name || streams[$0].stream == name }
            guard !named.isEmpty else { throw SluiceError(.notFound, active.machine.record.noStream(name)) }
            indexes.formUnion(named)
        }
        var accepted = false
        act(on: id) { machine in
            let (steps, taken) = machine.streamsCancelled(
                indexes,
                mode: request.mode,
                actor: request.actor,
                reason: request.reason,
                now
            )
            accepted = taken
            return steps
        }
        return accepted
    }

    /// SIGKILLs one worker; a run that has it goes on with another.
    func killWorker(_ reference: String, actor: String) throws -> Incarnation {
        let matches = workers.values.filter {
            $0.record.pid.map(String.init) == reference || $0.record.incarnation.description.hasPrefix(reference)
        }
        guard let worker = matches.first, matches.count == 1 else {
            let known = workers.values.compactMap { $0.record.pid.map(String.init) }.sorted().joined(separator: ", ")
            throw SluiceError(
                matches.isEmpty ? .notFound : .conflict,
                "worker \"\(reference)\" \(matches.isEmpty ? "not found" : "is more than one"); pids: \(known)"
            )
        }
        let incarnation = worker.record.incarnation
        if let run = worker.record.run, runs[run]?.machine.incarnations.contains(incarnation) == true {
            act(on: run) { $0.killRequested(incarnation, actor: actor, now) }
        } else {
            kill([incarnation], reason: "killed by \(actor)")
        }
        return incarnation
    }
}

extension RunRecord {
    /// Why a stream of that name cannot be meant.
    func noStream(_ name: String) -> String {
        "run \(number) has no stream \"\(name)\"; it has: \(streams.map(\.label).joined(separator: ", "))"
    }
}
