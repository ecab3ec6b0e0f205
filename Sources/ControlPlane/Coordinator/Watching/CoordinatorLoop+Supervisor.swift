import Decisions
import Model
import Wire

extension CoordinatorLoop {
    func startSupervisor() throws {
        let incarnation = Incarnation.make(milliseconds: now.milliseconds, using: &generator)
        supervisor = SupervisorLink(starts: supervisor.starts + 1)
        supervisor.child = try settings.startSupervisor(
            SupervisorOrder(
                incarnation: incarnation.description,
                fleetEndpoint: endpoints.fleet,
                workEndpoint: endpoints.work,
                controlEndpoint: endpoints.control,
                lockDirectory: settings.runtimeDirectory,
                slots: settings.slots
            )
        )
    }

    func spawnSpares() {
        take(fleet.started(now))
    }

    /// What the fleet decided: processes are recorded before they are ordered.
    func take(_ directives: [FleetMachine.Directive]) {
        let now = now
        for directive in directives {
            switch directive {
            case .spawn(let incarnation):
                var record = WorkerRecord(incarnation: incarnation, spawnedAt: now)
                // Its supervisor is on this machine: after a reboot the row alone proves the death.
                record.bootID = bootID
                workers[incarnation] = LiveWorker(record: record, lastHeardAt: now)
                changes.append(.insertWorker(record))
                var order = WireSpawn()
                order.worker = incarnation.wire
                outbox.append(.fleet(.spawn(order)))
            case .give(let incarnation, let owner):
                give(incarnation, to: owner)
            }
        }
    }

    private func give(_ incarnation: Incarnation, to owner: FleetMachine.Owner) {
        switch owner {
        case .run(let run):
            workers[incarnation]?.record.run = run
            workers[incarnation]?.state = .working
            if let record = workers[incarnation]?.record {
                changes.append(.updateWorker(record))
            }
            guard runs[run] != nil else {
                retire(incarnation, reason: "its run has ended")
                return
            }
            act(on: run) { $0.workerGiven(incarnation) }
        case .errand(let errand):
            workers[incarnation]?.state = .working
            execute(errand, in: incarnation)
        }
    }

    func fleetReceived(_ body: WireEnvelope.OneOf_Body, from sender: Incarnation) {
        switch body {
        case .supervisorHello(let hello):
            guard hello.pid == supervisor.child?.pid else {
                log("a supervisor with pid \(hello.pid) is not ours and was ignored")
                return
            }
            supervisor.routing = sender.bytes
            var welcome = WireSupervisorWelcome()
            welcome.heartbeatMs = 500
            welcome.leaseMs = 10_000
            outbox.append(.fleet(.supervisorWelcome(welcome)))
            let waiting = supervisor.waiting
            supervisor.waiting = []
            outbox.append(contentsOf: waiting.map { .fleet($0) })
        case .supervisorHeartbeat(let beat):
            var reply = WireHeartbeatReply()
            reply.sentAtNs = beat.sentAtNs
            reply.desired = .run
            outbox.append(.fleet(.heartbeatReply(reply)))
        case .spawned(let spawned):
            workerSpawned(spawned)
        case .died(let died):
            workerDied(died)
        default:
            log("a supervisor sent what supervisors do not send; it was ignored")
        }
    }

    private func workerSpawned(_ spawned: WireSpawned) {
        guard let incarnation = Incarnation(bytes: spawned.worker), workers[incarnation] != nil else { return }
        guard spawned.error.isEmpty else {
            log("cannot start a worker: \(spawned.error)")
            buried(incarnation, proof: "not_started", detail: spawned.error)
            let (told, directives) = fleet.spawnFailed(incarnation, now)
            for run in told {
                act(on: run) { $0.workersRefused("cannot start workers: \(spawned.error)", now) }
            }
            take(directives)
            return
        }
        workers[incarnation]?.record.pid = spawned.pid
        workers[incarnation]?.record.lockPath = spawned.lockPath
        if let record = workers[incarnation]?.record {
            changes.append(.updateWorker(record))
        }
    }

    private func workerDied(_ died: WireDied) {
        guard let incarnation = Incarnation(bytes: died.worker) else { return }
        guard died.proof != .none, died.proof != .unspecified else {
            if workers[incarnation] != nil {
                log("no proof of death of worker \(incarnation): \(died.detail)")
            }
            return
        }
        let ending =
            died.signal != 0
            ? "signal \(died.signal)" : died.detail.isEmpty ? "exit \(died.exitStatus)" : died.detail
        let how = noteLeaseEnd(of: incarnation, signal: died.signal) ?? ending
        // 0: retired; 70: its lifeline was cut, which is a supervisor's death.
        let isOrdered =
            workers[incarnation]?.deathIsOrdered ?? true || died.proof != .reaped
            || (died.signal == 0 && (died.exitStatus == 0 || died.exitStatus == 70))
        buried(incarnation, proof: died.proof.name ?? "none", detail: how)
        let (owner, directives) = fleet.died(incarnation, now)
        for (run, active) in runs where owner == .run(run) || active.machine.waitsFor(incarnation) {
            act(on: run) { $0.workerDied(incarnation, wasOrdered: isOrdered, detail: how, now) }
        }
        if case .errand(let errand) = owner {
            errandDied(errand, how)
        }
        take(directives)
    }

    /// Records the proof of a worker's death.
    private func buried(_ incarnation: Incarnation, proof: String, detail: String) {
        guard var record = workers.removeValue(forKey: incarnation)?.record else { return }
        record.diedAt = now
        record.proof = proof
        record.detail = detail
        changes.append(.updateWorker(record))
    }

    /// Its workers die with it; a new one proves that by their lock files.
    func supervisorDied() {
        let how = supervisor.child?.reap() ?? "gone"
        guard !isStopping else { return }
        log("the supervisor died (\(how)); its workers die with it, a new one is started")
        guard supervisor.starts < 10 else {
            stopForGood("the supervisor died \(supervisor.starts) times, the last time: \(how)")
            return
        }
        do {
            try startSupervisor()
        } catch {
            stopForGood("the supervisor died (\(how)) and cannot be started again: \(error)")
            return
        }
        for incarnation in workers.keys.sorted() {
            workers[incarnation]?.deathIsOrdered = true
            workers[incarnation]?.state = .dying
            if let record = workers[incarnation]?.record { prove(record) }
        }
    }

    /// Asks the supervisor for a proof of death of a process that it did not start itself.
    func prove(_ record: WorkerRecord) {
        var order = WireProve()
        order.worker = record.incarnation.wire
        order.lockPath = record.lockPath ?? "\(settings.runtimeDirectory)/\(record.incarnation).lock"
        order.bootID = record.bootID ?? ""
        outbox.append(.fleet(.prove(order)))
    }

    func retire(_ incarnation: Incarnation, reason: String) {
        workers[incarnation]?.deathIsOrdered = true
        var order = WireRetire()
        order.reason = reason
        outbox.append(.work(incarnation, .retire(order)))
    }
}
