import Connectors
import Foundation
import Model
import TestSupport
import Testing

@Suite struct FileWritingTests {
    private let installation = InstallationID.make(milliseconds: 1)
    private let run = RunID.make(milliseconds: 2)

    private func target(_ destination: any Destination, _ fields: [(String, ValueType)]) throws -> Target {
        let open = try #require(destination as? any OpenDestination)
        try destination.openGate(installation: installation, run: run)
        let fields = fields.map { TargetField(name: $0.0, type: $0.1, isNullable: true) }
        return try open.resolve(table: "t", fields: fields, key: [])
    }

    private func rows(_ records: [[String?]], _ target: Target) throws -> RowBatch {
        var rows = RowBatch(width: target.fields.count)
        for record in records {
            for (text, field) in zip(record, target.fields) {
                guard let text else {
                    rows.appendNull()
                    continue
                }
                var bytes: [UInt8] = []
                try ValueText.parse(text, as: field.type, into: &bytes)
                rows.append(bytes)
            }
            rows.endRow()
        }
        return rows
    }

    private func write(_ destination: any Destination, _ rows: RowBatch, _ target: Target) throws -> StagedWrite {
        let identity = WriteIdentity(
            installation: installation,
            run: run,
            attempt: .make(milliseconds: 3),
            write: .make(milliseconds: 4)
        )
        let staged = try destination.stage(identity, target: target, rows: rows, rejections: [:])
        try destination.apply()
        _ = try destination.commit()
        return staged
    }

    private func hidden(_ subject: FileSubject) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: subject.directory.path).filter { $0.hasPrefix(".") }
    }

    @Test func `CSV has a header, quotes what must be, and tells NULL from the empty text`() throws {
        let subject = try FileSubject()
        let destination = try subject.destination(["null": "NULL", "delimiter": ";"])
        let target = try target(destination, [("id", .int64), ("a;b", .text), ("on", .date), ("ok", .bool)])
        let rows = try rows(
            [
                ["1", "x;\"y\"", "2024-02-29", "t"], ["2", "NULL", nil, "f"], ["3", nil, nil, nil],
                ["4", "", nil, nil],
            ],
            target
        )
        _ = try write(destination, rows, target)
        let name = try #require(try subject.visible().first)
        #expect(name.hasPrefix("t.\(run).") && name.hasSuffix(".csv"))
        #expect(
            try subject.read(name) == """
                id;"a;b";on;ok
                1;"x;""y\""";2024-02-29;true
                2;"NULL";NULL;false
                3;NULL;NULL;NULL
                4;;NULL;NULL

                """
        )
        #expect(try hidden(subject) == [])
    }

    @Test func `JSON Lines has JSON's own types where there are any`() throws {
        let subject = try FileSubject(.jsonl)
        let destination = try subject.destination()
        let target = try target(
            destination,
            [
                ("n", .numeric), ("f", .float64), ("ok", .bool), ("j", .json), ("b", .jsonBinary),
                ("at", .timestampWithZone),
            ]
        )
        let rows = try rows(
            [
                ["1.50", "0.1", "t", "{\"a\":\n[1]}", "{}", "2024-02-29 12:00:00+00"],
                ["NaN", "-Infinity", nil, "null", nil, nil],
            ],
            target
        )
        _ = try write(destination, rows, target)
        let name = try #require(try subject.visible().first)
        #expect(
            try subject.read(name) == """
                {"n":1.50,"f":0.1,"ok":true,"j":{"a": [1]},"b":{},"at":"2024-02-29 12:00:00+00"}
                {"n":"NaN","f":"-Infinity","ok":null,"j":null,"b":null,"at":null}

                """
        )
    }

    @Test func `a record that the format cannot hold is rejected alone`() throws {
        let subject = try FileSubject()
        let destination = try subject.destination(["quote": "none"])
        let target = try target(destination, [("id", .int64), ("s", .text)])
        var rows = try rows([["1", "x"], ["2", "a,b"], ["3", "y"]], target)
        rows.append(Array(Int64(4).bigEndianBytes))
        rows.append([0xFF])
        rows.endRow()
        let staged = try write(destination, rows, target)
        #expect(staged.plans == [.insert, .reject, .insert, .reject])
        #expect(staged.rejections[1]?.reason.contains("quote: none") == true)
        #expect(staged.rejections[3]?.reason.contains("UTF-8") == true)
        #expect(try subject.read(try #require(try subject.visible().first)) == "id,s\n1,x\n3,y\n")
    }

    @Test(arguments: [["roll.records": "2"], ["roll.bytes": "7"]])
    func `with roll a write is a directory of files that appears at once`(settings: [String: String]) throws {
        let subject = try FileSubject(.csvGzip)
        let destination = try subject.destination(settings)
        let target = try target(destination, [("id", .int64)])
        _ = try write(destination, try rows([["1"], ["2"], ["3"], ["4"], ["5"]], target), target)
        let name = try #require(try subject.visible().first)
        let files = try FileManager.default.contentsOfDirectory(atPath: subject.directory.file(name)).sorted()
        #expect(files == ["1.csv.gz", "2.csv.gz", "3.csv.gz"])
        #expect(try files.map { try subject.read("\(name)/\($0)") } == ["id\n1\n2\n", "id\n3\n4\n", "id\n5\n"])
    }

    @Test func `a committed file that somebody has taken away is unknowable, not unwritten`() throws {
        let subject = try FileSubject()
        let destination = try subject.destination()
        let target = try target(destination, [("id", .int64)])
        let staged = try write(destination, try rows([["1"]], target), target)
        let name = try #require(try subject.visible().first)
        let write = try #require(WriteID(String(name.dropLast(".csv".count).suffix(36))))
        let inDoubt = WriteInDoubt(
            identity: WriteIdentity(
                installation: installation,
                run: run,
                attempt: .make(milliseconds: 3),
                write: write
            ),
            transaction: staged.transaction,
            system: staged.system
        )
        guard case .applied = try destination.evidence(of: inDoubt) else {
            Issue.record("\(try destination.evidence(of: inDoubt))")
            return
        }
        try FileManager.default.removeItem(atPath: subject.directory.file(name))
        guard case .unknowable(let detail) = try destination.evidence(of: inDoubt) else {
            Issue.record("\(try destination.evidence(of: inDoubt))")
            return
        }
        #expect(detail.contains("taken away"))
    }

    @Test func `what writes have left behind goes after a day, and nothing else`() throws {
        let subject = try FileSubject()
        let old = Date(timeIntervalSinceNow: -25 * 3600)
        for (name, date) in [
            (".sluice.t.old.csv.part", old), (".sluice.t.old.csv.void", old), (".sluice.t.new.csv.part", Date()),
            (".other.part", old), ("t.old.csv", old),
        ] {
            try subject.write("x", to: name)
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: subject.directory.file(name))
        }
        try subject.destination().openGate(installation: installation, run: run)
        #expect(try hidden(subject).sorted() == [".other.part", ".sluice.t.new.csv.part"])
        #expect(try subject.visible() == ["t.old.csv"])
    }

    @Test(arguments: ["", "a/b", "../t", ".t", String(repeating: "x", count: 200)])
    func `a destination that is no file name is refused`(table: String) throws {
        let destination = try #require(try FileSubject().destination() as? any OpenDestination)
        let error = #expect(throws: SluiceError.self) {
            _ = try destination.resolve(
                table: table,
                fields: [TargetField(name: "id", type: .int64, isNullable: true)],
                key: []
            )
        }
        #expect(error?.code == .invalid)
    }
}

extension Int64 {
    fileprivate var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian, Array.init) }
}
