import JobConfiguration
import Model
import Testing

@Suite struct FileConnectionTests {
    private func parse(_ connections: String, _ jobs: String = "") throws -> Configuration {
        try Configuration.parse("connections:\n\(connections)\n\(jobs)", file: "sluice.yaml", folder: "/etc/sluice")
    }

    private func mistakes(_ connections: String, _ jobs: String = "") throws -> [String] {
        let error = #expect(throws: ConfigurationError.self) { _ = try parse(connections, jobs) }
        return try #require(error).mistakes.map { "\($0.line ?? 0) \($0.path): \($0.message)" }
    }

    @Test func `the settings of files become plain texts`() throws {
        let found = try parse(
            """
              in:
                type: csv
                path: in
                delimiter: "\\t"
                quote: none
                header: false
                columns: [id, full name]
                "null": NA
                types: { id: int64, full name: text }
              out: { type: jsonl, path: /out, compress: zstd, roll: { records: 100, bytes: 1MiB } }
            """
        ).connections
        #expect(
            found[0].settings == [
                "path": "/etc/sluice/in", "delimiter": "\t", "quote": "none", "header": "false",
                "columns": "id\nfull name", "null": "NA", "types": "id int64\nfull name text",
            ]
        )
        #expect(
            found[1].settings == [
                "path": "/out", "compress": "zstd", "roll.records": "100", "roll.bytes": "1048576",
            ]
        )
    }

    @Test(arguments: [
        ("{ type: csv }", "\"path\" is missing"),
        ("{ type: csv, path: x, delimiter: ab }", "expected one ASCII character or \"tab\", found \"ab\""),
        ("{ type: csv, path: x, quote: é }", "expected one ASCII character or \"none\", found \"é\""),
        ("{ type: csv, path: x, header: maybe }", "expected true or false, found \"maybe\""),
        ("{ type: csv, path: x, header: false }", "header: false needs \"columns\""),
        ("{ type: csv, path: x, columns: [a] }", "it needs header: false"),
        ("{ type: csv, path: x, types: { id: integer } }", "unknown type \"integer\""),
        ("{ type: csv, path: x, types: [id] }", "expected keys with values, found a list"),
        ("{ type: csv, path: x, compress: zip }", "unknown value \"zip\"; did you mean \"gzip\"?"),
        ("{ type: csv, path: x, roll: { records: 0 } }", "expected a whole number from 1 to 5000, found 0"),
        ("{ type: csv, path: x, roll: {} }", "expected records or bytes, found neither"),
        ("{ type: jsonl, path: x, delimiter: ; }", "unknown key \"delimiter\""),
    ])
    func `a setting that cannot be is named, with what is allowed`(text: String, message: String) throws {
        let found = try mistakes("  in: \(text)")
        #expect(found.contains { $0.hasPrefix("2 ") && $0.contains(message) }, "\(found)")
    }

    private let ends = """
          db: { type: sqlite, path: a.db }
          out: { type: csv, path: out }
        """

    private func job(from: String, to: String, _ stream: String) -> String {
        "jobs:\n  j:\n    source: \(from)\n    destination: \(to)\n    streams:\n      - \(stream)\n"
    }

    @Test func `files are appended to, without a key, under the stream's name`() throws {
        let jobs = job(from: "db", to: "out", "{ stream: main.people, write_mode: append }")
        let stream = try #require(try parse(ends, jobs).jobs.first?.streams.first)
        #expect(stream.writeMode == .append)
        #expect(stream.key == [])
        #expect(stream.destination == "people")
    }

    @Test func `a write mode that the destination has not is refused`() throws {
        let found = try mistakes(ends, job(from: "db", to: "out", "{ stream: t, key: [id], write_mode: upsert }"))
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("9 jobs.j.streams[0].write_mode: ") == true, "\(found)")
        #expect(found.first?.contains("has no write mode upsert; allowed: write_mode: append") == true, "\(found)")
    }
}
