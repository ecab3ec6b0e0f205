import Foundation
import Model
import Testing

@testable import JobConfiguration

/// The schema and the reader say the same. On the main actor because the tests wait for processes.
@MainActor @Suite(.serialized) struct SchemaTests {
    private func isRead(_ text: String) -> Bool {
        (try? Configuration.parse(text, file: "sluice.yaml", folder: "/")) != nil
    }

    @Test func `the examples and a configuration with every key are valid for both`() throws {
        let folder = "\(SchemaCheck.project)/Deploy/examples"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        try #require(!names.isEmpty)
        for (file, mistakes) in try SchemaCheck.findings(in: names.map { "\(folder)/\($0)" }) {
            #expect(mistakes == [], "\(file)")
            #expect(throws: Never.self, "\(file)") { _ = try Configuration.load(path: file) }
        }
        #expect(try SchemaCheck.findings(inTexts: [Sample.text]) == [[]])
        #expect(throws: Never.self) { _ = try Configuration.parse(Sample.text, file: "sluice.yaml", folder: "/") }
    }

    @Test func `a value of the wrong kind is refused by both, at every key`() throws {
        let texts = Sample.keys.flatMap { key in
            Sample.wrongValues(for: key).map { Sample.text(with: $0, for: key) }
        }
        for (text, mistakes) in zip(texts, try SchemaCheck.findings(inTexts: texts)) {
            #expect(!mistakes.isEmpty, "the schema takes \(text)")
            #expect(!isRead(text), "the reader takes \(text)")
        }
    }

    @Test func `a key that is unknown, and one that is missing, are refused by both`() throws {
        let unknown = Sample.keys.filter { !isFree($0.path) }.map { Sample.text(with: "strange", before: $0) }
        let required = ["type", "url", "path", "columns", "source", "destination", "streams", "stream", "key"]
        let missing = Sample.keys
            .filter { required.contains($0.name) && !$0.path.hasSuffix("streams[0].destination") }
            .map { Sample.text(without: $0) }
        for (text, mistakes) in zip(unknown + missing, try SchemaCheck.findings(inTexts: unknown + missing)) {
            #expect(!mistakes.isEmpty, "the schema takes \(text)")
            #expect(!isRead(text), "the reader takes \(text)")
        }
    }

    /// Whether any name may stand beside it.
    private func isFree(_ path: String) -> Bool {
        let parent = path.split(separator: ".").dropLast().last
        return parent.map { ["types", "map", "connections", "jobs"].contains($0) } ?? false
    }

    @Test func `other mistakes are refused by both`() throws {
        let texts = try Self.mistakes.map(changed)
        for (text, mistakes) in zip(texts, try SchemaCheck.findings(inTexts: texts)) {
            #expect(!mistakes.isEmpty, "the schema takes \(text)")
            #expect(!isRead(text), "the reader takes \(text)")
        }
    }

    /// What stands in the sample, and what instead.
    private static let mistakes = [
        ("streams:", "streams: []\n    stream:"), ("key: [id]", "key: []"), ("key: [id]", "key: [id, id]"),
        ("key: [id]", "key: [1]"), ("key: [id]", "key: [~]"), ("columns: [id, name]", "columns: []"),
        ("columns: [id, name]", "columns: [id, id]"), ("header: false", "header: true"),
        ("workers: 2", "workers: 0"), ("workers: 2", "workers: 65"), ("workers: 2", "workers: 1.5"),
        ("workers: 2", "workers: 99999999999999999999"), ("records: 10", "records: 5001"),
        ("bytes: 1MiB", "bytes: 1023"), ("bytes: 1MiB", "bytes: 1TiB"), ("bytes: 1MiB", "bytes: -1MiB"),
        ("rate_limit: 7/s", "rate_limit: 0/s"), ("rate_limit: 7/s", "rate_limit: 7/d"),
        ("rate_limit: 7/s", "rate_limit: -7/s"), ("deadline: 30s", "deadline: 30"),
        ("deadline: 30s", "deadline: 30 days"), ("on_deadline: ask", "on_deadline: forse"),
        ("sync_mode: full_refresh", "sync_mode: cdc"), ("write_mode: mirror", "write_mode: merge"),
        ("write_mode: mirror", "write_mode: upsert"), ("max_deletes: 0.05", "max_deletes: 1.5"),
        ("case: lower", "case: title"), ("cast: text", "cast: int"), ("type: sqlite", "type: oracle"),
        ("compress: gzip", "compress: zip"), ("id: int64", "id: bigint"), ("delimiter: \";\"", "delimiter: ab"),
        ("quote: none", "quote: é"), ("email: mail", "email: '{mail'"), ("email: mail", "email: 'mail}'"),
        ("email: mail", "email: '{}'"), ("from: full_name", "from: '}'"), ("trim: true", "trim: yes"),
        ("ordered: true", "ordered: on"), ("ordered: true", "ordered: \"true\""), ("value: shop", "trim: true"),
        ("value: shop", "value: shop\n              from: mail"), ("contacts:\n", "my contacts:\n"),
        ("lines:\n", "é:\n"), ("url: \"${PG}\"", "url: \"${PG\""), ("url: \"${PG}\"", "url: \"${1}\""),
        ("workers: 2", "workers: 2\n    workers: 2"), ("jobs:", "jobs: {}\njobs:"), ("jobs:", "<<: {}\njobs:"),
        ("jobs:", "? [a]\n: b\njobs:"), ("jobs:", "\tjobs:"), ("jobs:", "jobs: {}\n---\njobs:"),
        ("drop: [note]", "drop: [note"), ("drop: [note]", "drop: *none"), ("drop: [note]", "schedule: every 5m"),
    ]

    private func changed(_ old: String, _ new: String) throws -> String {
        let place = try #require(Sample.text.firstRange(of: old), "\(old)")
        return Sample.text.replacingCharacters(in: place, with: new)
    }

    /// Named in the schema's description as what it cannot say.
    @Test(arguments: [
        ("source: pg", "source: pgg"), ("filter: id > 3", "filter: id >"), ("drop: [note]", "drop: [id]"),
        ("bytes: 1MiB\n    rate", "bytes: 1GiB\n    rate"), ("deadline: 30s", "deadline: 25h"),
        ("rate_limit: 7/s", "rate_limit: 2000000000/s"),
        ("value: shop", "value: 99999999999999999999"), ("value: shop", "value: 1e999"),
    ])
    func `some mistakes only the reader can see`(old: String, new: String) throws {
        #expect(!isRead(try changed(old, new)))
    }

    @Test func `unusual ways to write what is valid are read by both`() throws {
        let texts =
            try [
                ("email: mail", "email: &mail mail\n          second: *mail"), ("value: shop", "value: ~"),
                ("value: shop", "value: 1.5e3"), ("drop: [note]", "drop: []"), ("deadline: 30s", "deadline: 1.5m"),
                ("bytes: 1MiB", "bytes: 64 KiB"), ("rate_limit: 7/s", "rate_limit: 0.5/m"),
                ("email: mail", "email: '{{{mail}}}'"), ("write_mode: mirror\n        max_deletes: 0.05\n", "\n"),
                ("drop: [note]", ""),
                ("quote: none", "quote: '\"'"), ("url: \"${PG}\"", "url: a$b${C}$"), ("type: sqlite", "type: 'sqlite'"),
            ].map(changed) + [
                Sample.text.replacing("\n", with: "\r\n"), "\u{FEFF}" + Sample.text, "connections: {}\n", "jobs: {}\n",
                "{ connections: {}, jobs: {} }",
            ]
        for (text, mistakes) in zip(texts, try SchemaCheck.findings(inTexts: texts)) {
            #expect(mistakes == [], "\(text)")
            #expect(throws: Never.self, "\(text)") { _ = try Configuration.parse(text, file: "s", folder: "/") }
        }
    }

    @Test func `every key of the reader is in the schema, and no other`() throws {
        var read: [String: Set<String>] = [
            "": Set(Configuration.keys), "job": Set(JobReader.keys), "batch": Set(JobReader.batchKeys),
            "stream": Set(StreamReader.keys), "mapping": Set(MappingReader.keys),
            "roll": Set(FileSettingReader.rollKeys),
        ]
        for (type, kind) in ConnectionReader.kinds { read[type] = Set(kind.settings + ["type"]) }
        let strict = try SchemaCheck.parts().filter { $0.value["additionalProperties"] as? Bool == false }
        #expect(strict.mapValues { Set(($0["properties"] as? [String: Any] ?? [:]).keys) } == read)
        for (type, kind) in ConnectionReader.kinds {
            #expect(Set(strict[type]?["required"] as? [String] ?? []) == Set(kind.required + ["type"]))
        }
        // The sample has all of them, so that the tests above forget none.
        let used = Set(Sample.keys.map(\.name))
        #expect(Set(read.values.joined()).subtracting(used) == [])
    }

    @Test func `every word of the reader is in the schema, and no other`() throws {
        let parts = try SchemaCheck.parts()
        func part(_ name: String, _ key: String) throws -> [String: Any] {
            let properties = try #require(parts[name]?["properties"] as? [String: [String: Any]])
            return try #require(properties[key], "\(name) \(key)")
        }
        #expect(try part("stream", "sync_mode")["enum"] as? [String] == SyncMode.allCases.map(\.rawValue))
        #expect(try part("stream", "write_mode")["enum"] as? [String] == WriteMode.allCases.map(\.rawValue))
        #expect(try part("job", "on_deadline")["enum"] as? [String] == DeadlineAction.allCases.map(\.rawValue))
        #expect(try part("mapping", "case")["enum"] as? [String] == LetterCase.allCases.map(\.rawValue))
        #expect(try part("mapping", "cast")["enum"] as? [String] == CastType.allCases.map(\.rawValue))
        #expect(parts["compress"]?["enum"] as? [String] == FileSettingReader.Compression.allCases.map(\.rawValue))
        let types = parts["types"]?["additionalProperties"] as? [String: Any]
        #expect(types?["enum"] as? [String] == FileSettingReader.types)
        #expect(try part("job", "workers")["maximum"] as? Int == JobReader.workersMax)
        #expect(try part("batch", "records")["maximum"] as? Int == BatchLimits.recordsMax)
        #expect(try part("roll", "records")["maximum"] as? Int == BatchLimits.recordsMax)
    }
}
