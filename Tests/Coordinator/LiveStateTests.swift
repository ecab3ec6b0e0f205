import Model
import Testing

@testable import Coordinator

@Suite struct LiveStateTests {
    private func at(_ seconds: Double) -> Timestamp { Timestamp(microseconds: Int64(seconds * 1e6)) }

    private let record = WorkerRecord(
        incarnation: Incarnation(high: 1, low: 2),
        spawnedAt: Timestamp(microseconds: 0)
    )

    @Test func `a worker that lives has no death, a dead one says how`() {
        var record = record
        func view() -> WorkerView { WorkerView(record, run: nil, state: .working, doing: "committing", bytes: 0) }
        #expect(view().death == nil)
        record.proof = "reaped"
        #expect(view().death == "reaped")
        record.detail = "signal 9"
        #expect(view().death == "reaped: signal 9")
    }

    @Test func `what a worker does is known since it began, and does not move while it goes on`() {
        var worker = LiveWorker(record: record, lastHeardAt: at(0))
        worker.heard(doing: "committing", progressAt: 7_000_000_000, sentAt: 7_500_000_000, bytes: 1, at(100.5))
        #expect(worker.since == at(100))
        worker.heard(doing: "committing", progressAt: 7_000_000_000, sentAt: 8_000_000_000, bytes: 1, at(101.7))
        #expect(worker.since == at(100))
        worker.heard(doing: "committing", progressAt: 9_000_000_000, sentAt: 9_000_000_000, bytes: 1, at(102))
        #expect(worker.since == at(102))
        worker.heard(doing: "", progressAt: 9_100_000_000, sentAt: 9_500_000_000, bytes: 1, at(103))
        #expect(worker.since == nil)
    }

    @Test func `the time that is left is not told once nothing moves`() {
        var meter = RateMeter()
        meter.note(0, at(0))
        #expect(meter.secondsLeft(1_000, at(0)) == nil)
        meter.note(1_000, at(1))
        meter.note(2_000, at(2))
        #expect(meter.secondsLeft(1_000, at(2)) == 1)
        for second in 3...9 {
            meter.note(2_000, at(Double(second)))
            let isTold = meter.secondsLeft(1_000, at(Double(second))) != nil
            #expect(isTold == (second <= 7))
        }
        #expect(meter.lastProgressAt == at(2))
    }
}
