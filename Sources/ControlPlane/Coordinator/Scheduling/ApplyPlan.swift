import Model
import Store

/// What applying a configuration does to what the store holds: the changes of the store, and what is said about them.
struct ApplyPlan {
    private(set) var changes: [StoreChange] = []
    private(set) var reply: ApplyReply

    /// - Parameters:
    ///   - connections: all that the store knows.
    ///   - jobs: those of the request that the store knows.
    /// - Throws: `notFound` when a job names a connection that is neither known nor in the request.
    init(
        _ request: ApplyRequest,
        connections: [ConnectionSpec],
        jobs: [JobRecord],
        actor: String,
        now: Timestamp
    ) throws {
        reply = ApplyReply(dryRun: request.dryRun, changes: [])
        let names = Set(connections.map(\.name)).union(request.connections.map(\.name))
        for job in request.jobs {
            for name in [job.source, job.destination] where !names.contains(name) {
                let known = names.sorted().joined(separator: ", ")
                throw SluiceError(
                    .notFound,
                    "job \"\(job.name)\": connection \"\(name)\" is not known; known: \(known)"
                )
            }
        }
        for spec in request.connections {
            put(spec, before: connections.first { $0.name == spec.name }, at: now)
        }
        for spec in request.jobs {
            put(spec, before: jobs.first { $0.name == spec.name }, by: actor, at: now)
        }
    }

    /// What it does to what `store` holds now.
    init(_ request: ApplyRequest, to store: any Store, actor: String, now: Timestamp) throws {
        try self.init(
            request,
            connections: try store.connections(),
            jobs: try request.jobs.compactMap { try store.job($0.name) },
            actor: actor,
            now: now
        )
    }

    private mutating func put(_ spec: ConnectionSpec, before: ConnectionSpec?, at now: Timestamp) {
        var change = ApplyChange(kind: .connection, name: spec.name, outcome: .unchanged)
        if before != spec {
            changes.append(.putConnection(spec, at: now))
            change.outcome = before == nil ? .created : .changed
            change.fields = before.map { SettingDifference.between($0, spec) } ?? []
        }
        reply.changes.append(change)
    }

    private mutating func put(_ spec: JobSpec, before: JobRecord?, by actor: String, at now: Timestamp) {
        var change = ApplyChange(
            kind: .job,
            name: spec.name,
            outcome: .unchanged,
            version: before?.version,
            versionBefore: before?.version
        )
        if before?.spec != spec {
            let version = (before?.version ?? 0) + 1
            let record = JobRecord(
                name: spec.name,
                version: version,
                spec: spec,
                isPaused: before?.isPaused ?? false,
                pausedReason: before?.pausedReason,
                createdAt: before?.createdAt ?? now,
                updatedAt: now
            )
            changes.append(.putJob(record, actor: actor))
            change.version = version
            change.outcome = before == nil ? .created : .changed
            change.fields = before.map { JobFields.differences(between: $0.spec, and: spec) } ?? []
        }
        reply.changes.append(change)
    }
}
