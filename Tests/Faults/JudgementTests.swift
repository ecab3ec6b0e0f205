import Model
import Testing

/// The judge of the kill harness says nothing of a right run and tells every wrong one.
struct JudgementTests {
    private func judge(_ verdicts: [Int: Verdict], _ effects: [Int: Int], whole: Int? = nil) -> Judgement {
        Judgement(verdicts, effects: effects, whole: whole)
    }

    @Test func `records written once and applied, or neither, are right`() {
        let right = judge([1: .applied, 2: .notApplied, 3: .notAttempted], [1: 1], whole: 1)
        #expect(right.findings == [])
        #expect(right.written == 1)
        #expect(right.wrongVerdicts == 0)
    }

    @Test(
        arguments: [
            ([1: Verdict.applied], [:], "record 1 is applied, written 0 times (I2)"),
            ([1: .notApplied], [1: 1], "record 1 is not_applied, written 1 times (I2)"),
            ([1: .unknowable], [1: 1], "record 1 is unknowable, written 1 times (I2)"),
            ([:], [1: 1], "record 1 is not listed, written 1 times (I2)"),
            ([1: .applied], [1: 2], "record 1 is applied, written 2 times (I1)"),
        ] as [([Int: Verdict], [Int: Int], String)]
    )
    func `a verdict that the destination contradicts is told`(_ wrong: ([Int: Verdict], [Int: Int], String)) {
        let judgement = judge(wrong.0, wrong.1)
        #expect(judgement.findings == [wrong.2])
        #expect(judgement.wrongVerdicts == 1)
    }

    @Test func `a run that completed without all of its effects is told`() {
        #expect(judge([1: .applied], [1: 1], whole: 2).findings == ["1 effects, the undisturbed twin has 2"])
    }

    private func swap(_ verdicts: [Int: Verdict], _ table: Judgement.Table, isWhole: Bool = false) -> Judgement {
        Judgement(verdicts, table: table, records: 2, isWhole: isWhole)
    }

    @Test func `all applied in the new table, or none beside the old one, is right`() {
        let new = swap([1: .applied, 2: .applied], .new, isWhole: true)
        #expect(new.findings == [])
        #expect(new.written == 2)
        let old = swap([1: .notApplied], .old)
        #expect(old.findings == [])
        #expect(old.written == 0)
    }

    @Test func `anything between the two tables is told`() {
        #expect(swap([1: .applied, 2: .notApplied], .new).wrongVerdicts == 1)
        #expect(swap([1: .applied], .new).wrongVerdicts == 1)
        #expect(swap([1: .applied, 2: .notApplied], .old).wrongVerdicts == 1)
        #expect(swap([1: .notApplied, 2: .notAttempted], .neither).findings.count == 1)
        #expect(swap([:], .old, isWhole: true).findings.count == 1)
    }
}
