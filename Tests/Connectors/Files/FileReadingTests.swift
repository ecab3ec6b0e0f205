import Connectors
import Foundation
import Model
import TestSupport
import Testing

/// What a person sees of a file's records: their values in text form, NULL as nil, and the rejections by line.
private struct Found: Equatable {
    var rows: [[String?]] = []
    var rejected: [Int: String] = [:]
}

@Suite struct FileReadingTests {
    private func read(
        _ subject: FileSubject,
        _ stream: String = "t",
        settings: [String: String] = [:],
        filter: Filter? = nil,
        perRange: Int = 2
    ) throws -> Found {
        let source = try subject.source(settings)
        defer { source.close() }
        let columns = try source.discover(stream: stream)[0].columns
        let scan = Scan(stream: stream, columns: columns.map(\.name), key: [], filter: filter)
        var ranges: [PlannedRange] = []
        try source.plan(scan, recordsPerRange: perRange, range: KeyRange()) { ranges.append($0) }
        var found = Found()
        for planned in ranges {
            var batch = RowBatch(width: columns.count)
            try source.read(scan, range: planned.range, into: &batch)
            #expect(batch.count == planned.records, "range \(planned)")
            for row in 0..<batch.count {
                if let rejection = batch.rejections[row] {
                    let field = rejection.field.isEmpty ? "" : " of \(rejection.field)"
                    found.rejected[batch.lines[row]] = "\(rejection.code)\(field): \(rejection.reason)"
                    continue
                }
                found.rows.append(
                    columns.enumerated().map { column, description in
                        batch.withField(row: row, column: column) { value in
                            value.map { ValueText.render($0, as: description.type) }
                        }
                    }
                )
            }
        }
        return found
    }

    private func csv(
        _ text: String,
        settings: [String: String] = [:],
        perRange: Int = 2
    ) throws -> Found {
        let subject = try FileSubject()
        try subject.write(text, to: "t.csv")
        return try read(subject, settings: settings, perRange: perRange)
    }

    private func jsonl(_ text: String, settings: [String: String] = [:]) throws -> Found {
        let subject = try FileSubject(.jsonl)
        try subject.write(text, to: "t.jsonl")
        return try read(subject, settings: settings)
    }

    @Test(arguments: [
        "a,b\n1,x\n2,y\n", "a,b\r\n1,x\r\n2,y\r\n", "a,b\n1,x\n2,y", "\u{FEFF}a,b\n1,x\n2,y\n",
        "a,b\n\n1,x\n\n\r\n2,y\n\n",
        "\"a\",\"b\"\n\"1\",\"x\"\n\"2\",\"y\"", "a,b\r\n\"1\",x\r\n2,\"y\"\r\n",
    ])
    func `line ends, marks, empty lines and needless quotes make no difference`(_ text: String) throws {
        for perRange in 1...3 {
            #expect(try csv(text, perRange: perRange) == Found(rows: [["1", "x"], ["2", "y"]]))
        }
    }

    @Test func `quotes carry delimiters, line ends, quotes and the empty text`() throws {
        let text =
            "a,b\n\"x,y\",\"two\nlines\"\n\"say \"\"hi\"\"\",\"\"\n,\"\r\n\"\n5\" tall,it\"s\n\"\"\"\",\"\"\"\"\"\"\n"
        let found = try csv(text)
        #expect(
            found
                == Found(rows: [
                    ["x,y", "two\nlines"], ["say \"hi\"", ""], [nil, "\r\n"], ["5\" tall", "it\"s"], ["\"", "\"\""],
                ])
        )
    }

    @Test func `another delimiter, quote, word for NULL and no header`() throws {
        let settings = ["delimiter": ";", "quote": "'", "null": "NULL", "header": "false", "columns": "a\nb"]
        let found = try csv("1;'it''s; \"so\"'\nNULL;'NULL'\n;\n", settings: settings)
        #expect(found == Found(rows: [["1", "it's; \"so\""], [nil, "NULL"], ["", ""]]))
        let tabs = try csv("a\tb\n\"1\t2\"\n", settings: ["delimiter": "tab", "quote": "none"])
        #expect(tabs == Found(rows: [["\"1", "2\""]]))
    }

    @Test func `an empty line of a file with one column is a record`() throws {
        #expect(try csv("a\n1\n\n\"\"\n") == Found(rows: [["1"], [nil], [""]]))
    }

    @Test(arguments: 1...4)
    func `a bad line is rejected with its number and the others are read`(perRange: Int) throws {
        let lines = [
            "a,b", "1,one", "2", "3,three,more", "4,\"four", "5,five", "6,\"six\"x", "\"seven\nlines\",7", "9,\"nine\"",
        ]
        let found = try csv(lines.joined(separator: "\n"), perRange: perRange)
        #expect(found.rows == [["1", "one"], ["5", "five"], ["seven\nlines", "7"], ["9", "nine"]])
        #expect(
            found.rejected == [
                3: "malformed: 1 field, expected are 2: \"2\"",
                4: "malformed: 3 fields, expected are 2: \"3,three,more\"",
                5: "malformed: field 2 goes on behind its closing quote: \"4,\"four\"",
                7: "malformed: field 2 goes on behind its closing quote: \"6,\"six\"x\"",
            ]
        )
    }

    @Test func `a quote that is never closed costs one line`() throws {
        let rest = (3...200).map { "\($0),text \($0)" }
        let found = try csv((["a,b", "1,\"open"] + rest).joined(separator: "\n") + "\n", perRange: 50)
        #expect(found.rejected == [2: "malformed: the quote that opens field 2 is not closed: \"1,\"open\""])
        #expect(found.rows.count == rest.count)
    }

    @Test func `bytes that are no UTF-8 reject their line`() throws {
        let subject = try FileSubject()
        try subject.write(
            Array("a,b\n1,é\n2,".utf8) + [0xFF, 0xFE] + Array("\n3,long enough to look at it twice ".utf8),
            to: "t.csv"
        )
        try subject.write([0xC3] + Array("\n4,日本\n".utf8), to: "t.csv")
        let found = try read(subject)
        #expect(found.rows == [["1", "é"], ["4", "日本"]])
        #expect(found.rejected.keys.sorted() == [3, 4])
        #expect(found.rejected[3]?.hasPrefix("malformed: not UTF-8") == true)
    }

    @Test func `a line longer than a record may be is rejected and passed over`() throws {
        let long = String(repeating: "x", count: 9 << 20)
        let found = try csv("a,b\n1,one\n2,\(long)\n3,three\n")
        #expect(found.rows == [["1", "one"], ["3", "three"]])
        #expect(found.rejected == [3: "malformed: longer than 8 MiB"])
    }

    @Test func `a value that does not fit its declared type is rejected, and its record's other fields are kept`()
        throws
    {
        let subject = try FileSubject()
        try subject.write("id,on\n1,2024-02-29\n2,yesterday\nx,2024-03-01\n4,\n", to: "t.csv")
        let found = try read(subject, settings: ["types": "id int64\non date"])
        #expect(found.rows == [["1", "2024-02-29"], ["4", nil]])
        #expect(found.rejected.keys.sorted() == [3, 4])
        #expect(found.rejected[3]?.hasPrefix("invalid_value of on: \"yesterday\" is not a date") == true)
        let source = try subject.source(["types": "id int64\non date"])
        var batch = RowBatch(width: 1)
        try source.read(Scan(stream: "t", columns: ["id"], key: []), range: KeyRange(), into: &batch)
        #expect(batch.rejections.keys.sorted() == [2], "only the columns that are read can be wrong")
    }

    @Test func `a filter is decided by the declared types, and a record it cannot be asked about is rejected`() throws {
        let subject = try FileSubject()
        try subject.write("id,n\n1,5\n2,50\n3,\n4,many\n5,7\n6,8\n", to: "t.csv")
        let filter = try FilterParser.parse("n < 10")
        let found = try read(subject, settings: ["types": "n int64"], filter: filter)
        #expect(found.rows == [["1", "5"], ["5", "7"], ["6", "8"]])
        #expect(found.rejected.keys.sorted() == [5])
    }

    @Test(arguments: [
        ("", ErrorCode.invalid, "is empty"), ("a,a\n", .invalid, "two columns are called \"a\""),
        ("a,\n1,2\n", .invalid, "column 2 has no name"), ("\"a\n", .invalid, "is not closed"),
    ])
    func `a header that names no columns is an error`(text: String, code: ErrorCode, message: String) throws {
        let error = #expect(throws: SluiceError.self) { _ = try csv(text) }
        #expect(error?.code == code)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test func `UTF-16 is named, and so is a column that is declared and missing`() throws {
        let subject = try FileSubject()
        try subject.write([0xFF, 0xFE, 0x61, 0], to: "t.csv")
        let error = #expect(throws: SluiceError.self) { _ = try read(subject) }
        #expect(error?.message.contains("UTF-16") == true)
        let other = try FileSubject()
        try other.write("email\n", to: "t.csv")
        let source = try other.source(["path": other.directory.file("t.csv"), "types": "e_mail text"])
        let missing = #expect(throws: SluiceError.self) { _ = try source.discover(stream: nil) }
        #expect(missing?.code == .notFound)
        #expect(missing?.message.contains("did you mean \"email\"") == true)
    }

    @Test func `the columns and types of JSON Lines are those of all lines`() throws {
        let subject = try FileSubject(.jsonl)
        let lines = [
            #"{"id": 1, "n": 1, "big": 9223372036854775808, "ok": true, "s": "x", "mixed": 1, "tags": ["a", "b"]}"#, "",
            #"{"id": 2, "n": 1.50, "big": 1, "ok": null, "s": "é\u00e9\ud83d\udef6\n", "mixed": "two", "tags": "c"}"#,
            #"{"late": {"deep": [1, {"}": "]"}]}, "id": 3, "none": null}"#,
        ]
        try subject.write(lines.joined(separator: "\n"), to: "t.jsonl")
        let columns = try subject.source().discover(stream: "t")[0].columns
        #expect(
            columns.map { "\($0.name) \($0.type)" } == [
                "id int64", "n numeric", "big numeric", "ok bool", "s text", "mixed text", "tags json", "late json",
                "none text",
            ]
        )
        let found = try read(subject)
        #expect(found.rejected == [:])
        #expect(
            found.rows == [
                ["1", "1", "9223372036854775808", "t", "x", "1", #"["a", "b"]"#, nil, nil],
                ["2", "1.50", "1", nil, "éé🛶\n", "two", #""c""#, nil, nil],
                ["3", nil, nil, nil, nil, nil, nil, #"{"deep": [1, {"}": "]"}]}"#, nil],
            ]
        )
    }

    @Test func `a line that is no JSON object is rejected with its number`() throws {
        let lines = [
            #"{"id": 1}"#, #"{"id": 2"#, "[1]", "nothing", #"{"id": 5, "id": 6}"#, #"{"id": 6} {"id": 7}"#,
            #"{"id": 7,}"#,
            #"{"id": "\ud83d"}"#, #"{"id": true}"#, #"{"id": {"a": 1}}"#, #"  {"id" : 11 } "#,
            String(repeating: "[", count: 5_000), "{\"id\": \"\u{1}\"}",
        ]
        let found = try jsonl(lines.joined(separator: "\r\n"), settings: ["types": "id int64"])
        #expect(found.rows == [["1"], ["11"]])
        #expect(found.rejected.keys.sorted() == [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13])
        #expect(found.rejected[3]?.hasPrefix("malformed: no JSON object") == true)
        #expect(found.rejected[5]?.hasPrefix("malformed: member \"id\" is there twice") == true)
        #expect(found.rejected[8]?.contains("half of a surrogate pair") == true)
        #expect(found.rejected[10]?.contains("a JSON object or array") == true)
    }

    @Test func `a compressed file that is cut off or damaged is an error, not an end`() throws {
        let subject = try FileSubject(.csvGzip)
        let text = "id\n" + (1...5_000).map { "\($0)\n" }.joined()
        try subject.write(text, to: "t.csv.gz")
        #expect(try read(subject, perRange: 1_000).rows.count == 5_000)
        let path = subject.directory.file("t.csv.gz")
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try whole.dropLast(20).write(to: URL(fileURLWithPath: path))
        let cut = #expect(throws: SluiceError.self) { _ = try read(subject, perRange: 1_000) }
        #expect(cut?.message.contains("is cut off") == true)
        var damaged = whole
        for place in 100..<120 { damaged[place] ^= 0xFF }
        try damaged.write(to: URL(fileURLWithPath: path))
        let bad = #expect(throws: SluiceError.self) { _ = try read(subject, perRange: 1_000) }
        #expect(bad?.message.contains("is damaged") == true, "\(bad?.message ?? "")")
    }

    @Test func `ranges of a compressed file are read in any order`() throws {
        let subject = try FileSubject(.csvZstd)
        try subject.write("id\n" + (1...100_000).map { "\($0)\n" }.joined(), to: "t.csv.zst")
        let source = try subject.source()
        let scan = Scan(stream: "t", columns: ["id"], key: [])
        var ranges: [PlannedRange] = []
        try source.plan(scan, recordsPerRange: 20_000, range: KeyRange()) { ranges.append($0) }
        #expect(ranges.count == 5)
        for index in [3, 4, 0, 2, 1] {
            var batch = RowBatch(width: 1)
            try source.read(scan, range: ranges[index].range, into: &batch)
            #expect(batch.field(row: 0, column: 0) == Array("\(index * 20_000 + 1)".utf8))
            #expect(batch.count == 20_000)
        }
    }

    @Test func `two files that would be one stream are named, and hidden files are none`() throws {
        let subject = try FileSubject()
        try subject.write("id\n", to: "a.csv")
        try subject.write("id\n", to: ".b.csv")
        try subject.write("id\n", to: "c.txt")
        #expect(try subject.source().discover(stream: nil).map(\.name) == ["a"])
        try subject.write("id\n", to: "a.csv.gz")
        let error = #expect(throws: SluiceError.self) { _ = try subject.source().discover(stream: nil) }
        #expect(error?.message.contains("a.csv.gz") == true)
    }
}
