import Model
import Store
import Testing

extension StoreConformance {
    static let endings: [Check] = [
        Check(name: "a write ends once: the same ending again is no error, another one loses") { open in
            let store = try open()
            let (sample, write) = try permitted(store)
            try store.apply([.endWrite(write.id, ending: .committed, detail: nil, at: .sample(20))])
            try store.apply([.endWrite(write.id, ending: .committed, detail: "again", at: .sample(30))])
            let found = try #require(try store.writes(run: sample.run.id).first)
            #expect(found.ending == .committed)
            #expect(found.endingDetail == nil)
            #expect(found.endedAt == .sample(20))
            let other = StoreChange.endWrite(write.id, ending: .rolledBack, detail: nil, at: .sample(31))
            let detail = try losing(store, [other], run: sample.run.id)
            #expect(detail.contains("permit of epoch 1, committed"))
        },
        Check(name: "what was not permitted cannot have been committed") { open in
            let store = try open()
            let sample = Sample()
            let write = sample.write(1, attempt: sample.attempt(1), decision: .refuse)
            try store.apply(sample.beginning + [.insertAttempt(sample.attempt(1)), .insertWrite(write)])
            let commit = StoreChange.endWrite(write.id, ending: .committed, detail: nil, at: .sample(20))
            let detail = try losing(store, [commit], run: sample.run.id)
            #expect(detail.contains("refuse of epoch 1, not ended"))
            try store.apply([.endWrite(write.id, ending: .rolledBack, detail: "refused", at: .sample(21))])
            #expect(try store.writes(run: sample.run.id).map(\.endingDetail) == ["refused"])
        },
        Check(name: "the ending of a write that is not there loses") { open in
            let store = try open()
            let (sample, _) = try permitted(store)
            let ending = StoreChange.endWrite(.sample(5, 99), ending: .committed, detail: nil, at: .sample(20))
            #expect(try losing(store, [ending], run: sample.run.id).contains("is not there"))
        },
        Check(name: "a permit is withdrawn once, before it ends") { open in
            let store = try open()
            let (sample, write) = try permitted(store)
            try store.apply([.withdrawPermit(write.id)])
            #expect(try store.writes(run: sample.run.id).map(\.decision) == [.withdrawn])
            _ = try losing(store, [.withdrawPermit(write.id)], run: sample.run.id)
            let ended = sample.write(2, attempt: sample.attempt(1))
            try store.apply([
                .insertWrite(ended), .endWrite(ended.id, ending: .committed, detail: nil, at: .sample(20)),
            ])
            _ = try losing(store, [.withdrawPermit(ended.id)], run: sample.run.id)
        },
        Check(name: "a permit of an earlier leadership counts as sent: it cannot be withdrawn") { open in
            let (sample, write) = try permitted(try open())
            let next = try open()
            let detail = try losing(next, [.withdrawPermit(write.id)], run: sample.run.id)
            #expect(detail.contains("is permit of epoch 1, not ended, expected permit of epoch 2"))
        },
        Check(name: "what was applied is there after opening again, what was lost is not") { open in
            var before: [String] = []
            let sample = Sample()
            do {
                let store = try open()
                let (_, write) = try permitted(store)
                try store.apply([.endWrite(write.id, ending: .unknowable, detail: "no xid", at: .sample(20))])
                before = try everything(store, run: sample.run.id)
                _ = try losing(store, [.withdrawPermit(write.id)], run: sample.run.id)
            }
            #expect(try everything(try open(), run: sample.run.id) == before)
        },
    ]

    /// A running run with one open attempt and one permit without an ending.
    private static func permitted(_ store: any Store) throws -> (Sample, WriteRecord) {
        let sample = Sample()
        let write = sample.write(1, attempt: sample.attempt(1))
        try store.apply(sample.beginning + [.insertAttempt(sample.attempt(1)), .insertWrite(write)])
        return (sample, write)
    }
}
