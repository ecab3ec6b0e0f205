import Model
import Store
import Testing

extension StoreConformance {
    static let permits: [Check] = [
        Check(name: "a permit is stored with its intent while the run is running or draining") { open in
            let store = try open()
            for (number, state) in [RunState.running, .draining].enumerated() {
                var sample = Sample(number: number + 1)
                if number == 0 { try store.apply([.putJob(sample.jobRecord, actor: "ada")]) }
                sample.run.state = state
                try store.apply([.insertRun(sample.run), .insertBatches(sample.batches)])
                let attempt = sample.attempt(number + 1)
                let write = sample.write(number + 1, attempt: attempt, keyHashes: [1, 0, 0, 0], segment: [9, 9])
                try store.apply([.insertAttempt(attempt), .insertWrite(write)])
                var bare = write
                bare.segment = []
                bare.keyHashes = []
                #expect(try store.writes(run: sample.run.id) == [bare])
                #expect(try store.attempts(run: sample.run.id) == [attempt])
            }
        },
        Check(name: "no permit and no attempt is stored in a run that is neither running nor draining") { open in
            let store = try open()
            var sample = Sample()
            try store.apply(sample.beginning + [.insertAttempt(sample.attempt(1))])
            let path: [RunState] = [.held, .terminating, .reconciling, .cancelled]
            for state in path {
                let from = sample.run.state
                sample.run.state = state
                try store.apply([.updateRun(sample.run, from: from)])
                let permit = StoreChange.insertWrite(sample.write(1, attempt: sample.attempt(1)))
                let detail = try losing(store, [permit], run: sample.run.id)
                #expect(detail.contains("is \(state.rawValue), expected running or draining"))
                let attempt = StoreChange.insertAttempt(sample.attempt(2, batch: 1))
                let refused = try losing(store, [attempt], run: sample.run.id)
                #expect(refused.contains("is \(state.rawValue), expected running or draining"))
            }
            let refusal = sample.write(2, attempt: sample.attempt(1), decision: .refuse)
            try store.apply([.insertWrite(refusal)])
            #expect(try store.writes(run: sample.run.id).map(\.decision) == [.refuse])
        },
        Check(name: "a permit in the transaction of the cancel is lost with it") { open in
            let store = try open()
            let sample = Sample()
            try store.apply(sample.beginning + [.insertAttempt(sample.attempt(1))])
            var cancelled = sample.run
            cancelled.state = .terminating
            let changes: [StoreChange] = [
                .updateRun(cancelled, from: .running), .insertWrite(sample.write(1, attempt: sample.attempt(1))),
            ]
            _ = try losing(store, changes, run: sample.run.id)
        },
        Check(name: "no permit is stored for an attempt that is not open") { open in
            let store = try open()
            let sample = Sample()
            let attempt = sample.attempt(1)
            try store.apply(sample.beginning + [.insertAttempt(attempt)])
            var from = AttemptState.open
            for state in [AttemptState.condemned, .closed, .reconciled] {
                try store.apply([.setAttempt(attempt.id, state: state, from: from, reason: "killed")])
                from = state
                let permit = StoreChange.insertWrite(sample.write(1, attempt: attempt))
                let detail = try losing(store, [permit], run: sample.run.id)
                #expect(detail.contains("is \(state.rawValue), expected open"))
            }
            let nobody = StoreChange.insertWrite(sample.write(2, attempt: sample.attempt(9)))
            #expect(try losing(store, [nobody], run: sample.run.id).contains("is not there, expected open"))
        },
        Check(name: "a permit for the attempt of another batch is lost") { open in
            let store = try open()
            let sample = Sample()
            try store.apply(sample.beginning + [.insertAttempt(sample.attempt(1))])
            var write = sample.write(1, attempt: sample.attempt(1))
            write.batch = sample.batches[1].id
            _ = try losing(store, [.insertWrite(write)], run: sample.run.id)
        },
        Check(name: "a batch has at most one open attempt") { open in
            let store = try open()
            let sample = Sample()
            try store.apply(sample.beginning + [.insertAttempt(sample.attempt(1))])
            _ = try losing(store, [.insertAttempt(sample.attempt(2))], run: sample.run.id)
            try store.apply([
                .setAttempt(sample.attempt(1).id, state: .returned, from: .open, reason: "retry"),
                .insertAttempt(sample.attempt(2)),
            ])
            let found = try store.attempts(run: sample.run.id)
            #expect(found.map(\.state) == [.returned, .open])
            #expect(found.map(\.reason) == ["retry", nil])
        },
        Check(name: "an attempt whose state has changed is not changed") { open in
            let store = try open()
            let sample = Sample()
            try store.apply(sample.beginning + [.insertAttempt(sample.attempt(1))])
            let stale = StoreChange.setAttempt(
                sample.attempt(1).id,
                state: .closed,
                from: .condemned,
                reason: nil
            )
            let detail = try losing(store, [stale], run: sample.run.id)
            #expect(detail.contains("is open, expected condemned"))
        },
        Check(name: "a write id is stored once") { open in
            let store = try open()
            let sample = Sample()
            let write = sample.write(1, attempt: sample.attempt(1))
            try store.apply(sample.beginning + [.insertAttempt(sample.attempt(1)), .insertWrite(write)])
            _ = try losing(store, [.insertWrite(write)], run: sample.run.id)
        },
    ]
}
