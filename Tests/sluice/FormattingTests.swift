import Model
import Testing

@testable import sluice

@Suite struct FormattingTests {
    @Test func `numbers have groups`() {
        #expect(Human.count(0) == "0")
        #expect(Human.count(999) == "999")
        #expect(Human.count(80_000) == "80,000")
        #expect(Human.count(-1_234_567) == "-1,234,567")
        #expect(Human.count(1, of: "record") == "1 record")
        #expect(Human.count(2, of: "record") == "2 records")
    }

    @Test func `durations are as exact as they are long`() {
        #expect(Human.duration(.microseconds(6_400)) == "6 ms")
        #expect(Human.duration(.milliseconds(2_345)) == "2.3 s")
        #expect(Human.duration(.seconds(102)) == "1m 42s")
        #expect(Human.duration(.seconds(7_500)) == "2h 05m")
        #expect(Human.duration(seconds: 41.2) == "42s")
        #expect(Human.duration(seconds: .infinity) == "?")
    }

    @Test func `rates below ten keep a decimal`() {
        #expect(Human.rate(700) == "700/s")
        #expect(Human.rate(1.49) == "1.5/s")
        #expect(Human.rate(19_047.3) == "19,047/s")
    }

    @Test func `text of strangers cannot command a terminal`() {
        #expect(Human.safe("a\nb\u{1B}[2J\u{202E}é") == "a\\nb\\u{1b}[2J\\u{202e}é")
        #expect(Human.safe("0123456789", width: 5) == "0123…")
        #expect(Human.safe("01234", width: 5) == "01234")
    }

    @Test func `a table aligns its columns and leaves no space behind`() {
        var table = Table(">RUN", "JOB", "STATE")
        table.add("7", "contacts", "running")
        table.add("12", "a", "")
        #expect(table.lines == ["RUN  JOB       STATE", "  7  contacts  running", " 12  a"])
    }

    @Test func `records show each changed field on a line`() {
        let page = RecordPage(
            records: [
                .sample(key: "1", [("email", "old", "new"), ("name", nil, "")]),
                .sample(key: "2", [("email", "x\u{7}", "y")]),
            ],
            cursor: "c"
        )
        #expect(
            RecordLines.table(page) == [
                "KEY  OPERATION  VERDICT  FIELD  BEFORE  AFTER",
                "1    update     applied  email  old     new",
                "                         name   NULL    ''",
                "2    update     applied  email  x\\u{7}  y",
                "the first 2 records; more with --limit, all with --all",
            ]
        )
        #expect(RecordLines.table(RecordPage(records: [], cursor: nil)) == ["no records"])
    }

    @Test func `a rejected record shows why, and what was to be written`() {
        var record = RecordView.sample(key: "1", [("age", nil, "-3"), ("name", nil, "x")])
        record.operation = .reject
        record.verdict = .rejected
        record.rejectionReason = "violates check constraint"
        #expect(
            RecordLines.table(RecordPage(records: [record], cursor: nil)) == [
                "KEY  OPERATION  VERDICT   FIELD  BEFORE  AFTER",
                "1    reject     rejected                 refused: violates check constraint",
                "                          age            -3",
                "                          name           x",
            ]
        )
    }

    @Test func `of verdicts that are only counted it is said that they are`() {
        var counts = RunCounts()
        counts.planned = 30
        counts.unchanged = 10
        #expect(
            RecordLines.unlisted([.unchanged, .applied, .notAttempted], of: counts) == [
                "unchanged: 10 records, counted and not listed one by one (as they should be)",
                "not_attempted: 20 records, counted and not listed one by one (nothing was decided about them)",
            ]
        )
        #expect(RecordLines.unlisted([.rejected], of: counts) == [])
    }

    @Test func `a worker's line says what it does, and since when`() {
        var worker = WorkerView(
            incarnation: Incarnation(high: 1, low: 2),
            run: 7,
            pid: 4711,
            host: nil,
            state: .working,
            doing: "committing",
            residentBytes: 42 << 20,
            spawnedAt: Timestamp(microseconds: 0),
            diedAt: nil,
            death: nil
        )
        worker.since = Timestamp(microseconds: 5_000)
        let line = WorkersCommand.lines([worker])[1]
        #expect(line.contains("committing  "))
        #expect(line.split(separator: " ").filter { $0.hasSuffix(".005") }.count == 1)
    }
}

extension RecordView {
    static func sample(key: String, _ changes: [(String, String?, String?)]) -> RecordView {
        RecordView(
            stream: "contacts",
            target: "contacts",
            key: key,
            operation: .update,
            verdict: .applied,
            changes: changes.map { FieldChange(field: $0.0, before: $0.1, after: $0.2) },
            batch: BatchID(high: 1, low: 1),
            write: WriteID(high: 1, low: 2),
            at: nil
        )
    }
}
