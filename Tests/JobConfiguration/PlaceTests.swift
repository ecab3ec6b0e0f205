import Foundation
import TestSupport
import Testing

@testable import JobConfiguration

/// Every mistake names its line and its path, what was found and what is allowed.
@Suite struct PlaceTests {
    private func mistakes(_ text: String) -> [Mistake] {
        do {
            _ = try Configuration.parse(text, file: "sluice.yaml", folder: "/srv")
            return []
        } catch {
            return (error as? ConfigurationError)?.mistakes ?? []
        }
    }

    @Test func `a value of the wrong kind is reported at its line and path, with what is allowed`() {
        #expect(Sample.keys.count == 62)
        for key in Sample.keys {
            for value in Sample.wrongValues(for: key) {
                let found = mistakes(Sample.text(with: value, for: key))
                let here = found.first { mistake in
                    mistake.line == key.line
                        && [".", "["].contains { (mistake.path + $0).hasPrefix(key.path + $0) }
                }
                #expect(here != nil, "\(key.path): \(value) gives \(found)")
                let message = here?.message ?? ""
                #expect(
                    ["expected", "allowed", "required"].contains { message.contains($0) },
                    "\(key.path): \(value) gives \(message)"
                )
                #expect(found.allSatisfy { $0.line != nil && $0.column != nil && $0.file == "sluice.yaml" })
            }
        }
    }

    @Test func `an unknown key next to any other names the one that was probably meant`() {
        var tried = 0
        for key in Sample.keys {
            let swapped = String(
                key.name.prefix(1) + String(key.name.dropFirst().prefix(2).reversed()) + key.name.dropFirst(3)
            )
            let found = mistakes(Sample.text(with: swapped, before: key)).filter { $0.line == key.line }
            guard let mistake = found.first(where: { $0.message.hasPrefix("unknown key") }) else { continue }
            tried += 1
            #expect(mistake.message.contains("\"\(swapped)\"; did you mean \"\(key.name)\"?; allowed: "))
            #expect(mistake.path.hasSuffix(swapped))
        }
        #expect(tried >= 38, "\(tried)")
    }

    @Test func `a key that is given again is reported where it stands, once for each, with all other mistakes`() {
        let text = """
            connections:
              a: { type: sqlite, path: a, "type": sqlite }
            jobs:
              j:
                source: a
                workers: many
                source: a
                source: a
                destination: a
                streams:
                  - { stream: source, key: [id], map: { source: x, y: "source: z", 'source': y } }
            'jobs': {}
            """
        #expect(
            mistakes(text).map { "\($0.line ?? 0):\($0.column ?? 0) \($0.path): \($0.message)" } == [
                "2:31 connections.a.type: the key \"type\" is given more than once; allowed: once",
                "6:14 jobs.j.workers: expected a whole number from 1 to 64, found \"many\"",
                "7:5 jobs.j.source: the key \"source\" is given more than once; allowed: once",
                "8:5 jobs.j.source: the key \"source\" is given more than once; allowed: once",
                "11:9 jobs.j.streams[0]: \"source\" would be written onto itself: source and destination are connection \"a\"",
                "11:72 jobs.j.streams[0].map.source: the key \"source\" is given more than once; allowed: once",
                "12:1 jobs: the key \"jobs\" is given more than once; allowed: once",
            ]
        )
    }

    @Test func `what an alias stands for is read, and mistakes in it name each place of use`() {
        let text = """
            connections:
              a: &file { type: sqlite, path: 5 }
              b: *file
            """
        #expect(
            mistakes(text).map { "\($0.line ?? 0) \($0.path): \($0.message)" } == [
                "2 connections.a.path: expected text, found 5; as text: \"5\"",
                "2 connections.b.path: expected text, found 5; as text: \"5\"",
            ]
        )
        #expect(mistakes("jobs: *none\n").map(\.line) == [1])
        #expect(mistakes("jobs: &a [*a]\n").map(\.line) == [1])
    }

    @Test func `lines are counted with CRLF and behind a byte order mark, too`() {
        let text = "connections:\r\n  a: { type: sqlite, path: é }\r\njobs: { \"j\": 5 }\r\n"
        for text in [text, "\u{FEFF}" + text] {
            #expect(mistakes(text).map { "\($0.line ?? 0):\($0.column ?? 0) \($0.path)" } == ["3:14 jobs.j"])
        }
        #expect(mistakes("\u{FEFF}jobs: 5\n").map(\.column) == [7])
        let control = mistakes("a: b\r\nc: é\u{1}\r\n")
        #expect(control.map { "\($0.line ?? 0):\($0.column ?? 0)" } == ["2:5"], "\(control)")
        #expect(control.first?.message.contains("U+1") == true, "\(control)")
    }

    @Test func `numbers that would not be kept exactly are refused, as text they are fine`() {
        func stream(_ value: String) -> [String] {
            mistakes(
                "jobs: { j: { source: a, destination: a, streams: [{ stream: t, key: [a], map: { b: { value: \(value) } } }] } }"
            ).filter { $0.path.hasSuffix("value") }.map(\.message)
        }
        for number in ["9223372036854775808", "-99999999999999999999", "1e999"] {
            #expect(
                stream(number).map { $0.hasPrefix("the number \(number) would not be kept exactly; allowed:") } == [
                    true
                ]
            )
            #expect(stream("\"\(number)\"") == [])
        }
        #expect(stream("9223372036854775807") == [])
    }

    // MARK: files

    private func loading(_ path: String) -> String {
        do {
            _ = try Configuration.load(path: path)
            return ""
        } catch {
            return "\(error)"
        }
    }

    private func loading(_ bytes: [UInt8]) throws -> String {
        let directory = try TemporaryDirectory()
        let path = directory.file("sluice.yaml")
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return loading(path).replacing(directory.path + "/", with: "")
    }

    @Test func `a directory and a file that cannot be there are named`() throws {
        let directory = try TemporaryDirectory()
        #expect(
            loading(directory.path)
                == "\(directory.path): found a directory; expected a file, such as \(directory.path)/sluice.yaml"
        )
        #expect(loading("/dev/null/x").hasSuffix("the configuration file does not exist"))
        #expect(loading("/dev/null") == "/dev/null: the file is empty; expected connections and jobs")
    }

    @Test func `bytes that are not UTF-8 are reported where they stand`() throws {
        #expect(
            try loading(Array("jobs: {}\n# é: ".utf8) + [0xE9, 0x0A])
                == "sluice.yaml:2:6: found the byte 0xE9, which is not UTF-8 here; allowed: text in UTF-8"
        )
        // UTF-16, and a character that is cut off at the end.
        #expect(try loading([0xFF, 0xFE, 0x6A, 0x00]).hasPrefix("sluice.yaml:1:1: found the byte 0xFF"))
        #expect(try loading([0x61, 0xC3]).hasPrefix("sluice.yaml:1:2: found the byte 0xC3"))
        #expect(
            try loading([0xEF, 0xBB, 0xBF] + Array("jobs: 5".utf8)).hasPrefix("sluice.yaml:1:7: jobs: expected keys")
        )
    }

    @Test func `a file without end is not read to it`() {
        #expect(loading("/dev/zero") == "/dev/zero: found more than 1048576 bytes; allowed: at most 1048576")
    }
}
