import Model

let sampleTime = Timestamp(microseconds: 1_763_800_000_123_456)

func identifier<Tag>(_ number: UInt64) -> Identifier<Tag> {
    Identifier(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | number)
}

extension RunView {
    static func sample(state: RunState) -> RunView {
        var counts = RunCounts()
        counts.planned = 80_000
        counts.applied = 8_400
        counts.updated = 8_400
        counts.notApplied = 12
        var cancel = CancelRecord(mode: .force, actor: "ada", reason: "wrong mapping", requestedAt: sampleTime)
        cancel.lastPermitAt = sampleTime
        return RunView(
            id: identifier(7),
            number: 7,
            job: "contacts",
            jobVersion: 3,
            kind: .sync,
            state: state,
            trigger: "manual",
            actor: "ada",
            createdAt: sampleTime,
            startedAt: sampleTime,
            endedAt: nil,
            reason: nil,
            blockedOn: nil,
            counts: counts,
            planComplete: true,
            rate: 700,
            secondsLeft: 102.3,
            cancel: cancel,
            workers: [WorkerView.sample],
            warnings: []
        )
    }
}

extension WorkerView {
    static let sample = WorkerView(
        incarnation: identifier(9),
        run: 7,
        pid: 4711,
        host: "etl1",
        state: .working,
        doing: "batch 12 of contacts",
        residentBytes: 42 << 20,
        spawnedAt: sampleTime,
        diedAt: nil,
        death: nil
    )
}

extension JobView {
    static func sample(isPaused: Bool) -> JobView {
        let stream = StreamSpec(
            stream: "contacts",
            destination: "contacts",
            key: ["id"],
            map: [
                FieldMapping(field: "email", origin: .template("info@{company}.com"), fallback: .text("?")),
                FieldMapping(field: "score", origin: .constant(.integer(1)), cast: .integer),
            ]
        )
        return JobView(
            name: "contacts",
            version: 3,
            spec: JobSpec(name: "contacts", source: "shop", destination: "crm", streams: [stream]),
            isPaused: isPaused,
            pausedReason: isPaused ? "force cancel of run 7" : nil,
            lastRun: .sample(state: .cancelled)
        )
    }
}

extension RecordView {
    /// Every tenth record is a reject; the first holds every character that needs care.
    static func sample(number: Int) -> RecordView {
        let isReject = number % 10 == 9
        let after = number == 0 ? "a,\"b\"\r\n\t\\ é\u{1}" : "info@acme\(number).com"
        let changes = isReject ? [] : [FieldChange(field: "email", before: number == 0 ? nil : "", after: after)]
        return RecordView(
            stream: "contacts",
            target: "contacts",
            key: "\(number)",
            operation: isReject ? .reject : .update,
            verdict: isReject ? .rejected : .applied,
            changes: changes,
            rejectionCode: isReject ? "cast" : nil,
            rejectionField: isReject ? "score" : nil,
            rejectionReason: isReject ? "\"many\" is not an integer" : nil,
            batch: identifier(1),
            write: identifier(2),
            at: isReject ? nil : sampleTime
        )
    }
}

extension RetryView {
    static let sample = RetryView(
        stream: "contacts",
        key: "9",
        verdict: .rejected,
        code: "cast",
        field: "score",
        reason: "\"many\" is not an integer",
        run: 7,
        sinceRun: 5,
        since: sampleTime
    )
}
