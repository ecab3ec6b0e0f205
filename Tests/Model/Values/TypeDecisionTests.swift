import Foundation
import Model
import Testing

/// The table in Protocols/types.md is what the code decides, and what the code decides is what happens to values.
struct TypeDecisionTests {
    private static let types: [ValueType] = [
        .bool, .int16, .int32, .int64, .float32, .float64, .numeric, .text, .bytes, .date, .time, .timestamp,
        .timestampWithZone, .interval, .uuid, .json, .jsonBinary, .foreign("other"),
    ]

    @Test func `the documented table is what is decided, for every pair of types`() throws {
        let written = try Self.table()
        for from in Self.types {
            for to in Self.types {
                #expect(written[Pair(from: from, to: to)] == TypeDecision(from: from, to: to), "\(from) to \(to)")
            }
        }
        #expect(written.count == Self.types.count * Self.types.count)
    }

    @Test func `a cast is there for what passes, and with the cast asked for also for what needs one`() {
        for from in Self.types {
            for to in Self.types {
                let decision = TypeDecision(from: from, to: to)
                #expect((ValueCast(from: from, to: to) != nil) == decision.passes, "\(from) to \(to)")
                if decision == .same { #expect(ValueCast(from: from, to: to)?.keepsBytes == true) }
                guard case .cast(let cast) = decision else { continue }
                let between = cast.valueType(towards: to)
                #expect(ValueCast(from: from, to: between, mayLose: true) != nil, "\(from) to \(between)")
                #expect(ValueCast(from: between, to: to) != nil, "\(between) to \(to)")
            }
        }
    }

    @Test func `what is refused is refused with every cast but text`() {
        for from in Self.types {
            for to in Self.types where TypeDecision(from: from, to: to) == .refused {
                for cast in CastType.allCases where cast != .text {
                    let between = cast.valueType(towards: to)
                    let reaches =
                        ValueCast(from: from, to: between, mayLose: true) != nil
                        && ValueCast(from: between, to: to) != nil
                    #expect(!reaches, "\(from) to \(to) by \(cast)")
                }
            }
        }
    }

    @Test func `values that pass come back the same, and every value does where the table says so`() throws {
        for from in Self.types {
            for to in Self.types where to != from && TypeDecision(from: from, to: to).passes {
                let there = try #require(ValueCast(from: from, to: to))
                let back = try #require(ValueCast(from: to, to: from, mayLose: true))
                var refused = 0
                for sample in Samples.of(from) {
                    let value = try Samples.bytes(sample, as: from)
                    guard let passed = Samples.apply(there, to: value) else {
                        refused += 1
                        continue
                    }
                    // Text may spell a value in many ways.
                    guard from != .text || to == .foreign("other") else { continue }
                    let again = Samples.apply(back, to: passed).map { Samples.text($0, as: from) }
                    #expect(again == Samples.returning(sample, from, to), "\(from) to \(to)")
                }
                // What the destination makes of a text only it knows.
                guard to != .foreign("other") else { continue }
                #expect((refused > 0) == (TypeDecision(from: from, to: to) == .checked), "\(from) to \(to)")
            }
        }
    }

    @Test(arguments: [
        ("mood", "mood", TypeDecision.same), ("src.mood", "dst.mood", .checked),
        ("src.mood", "dst.temper", .cast(.text)),
        ("bit(3)", "bit(4)", .checked), ("\"A.mood\"", "\"B.mood\"", .cast(.text)),
        ("integer[]", "bigint[]", .cast(.text)),
        ("src.mood[]", "mood[]", .checked), ("time(3) with time zone", "time with time zone", .checked),
    ])
    func `types of the system's own are told apart by their names`(own: String, other: String, decision: TypeDecision) {
        #expect(TypeDecision(from: .foreign(own), to: .foreign(other)) == decision)
    }

    // MARK: The document

    private struct Pair: Hashable {
        var from: ValueType
        var to: ValueType
    }

    private static func table() throws -> [Pair: TypeDecision] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Protocols/types.md")
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .drop { !$0.hasPrefix("| from | same |") }.dropFirst(2).prefix { $0.hasPrefix("|") }
        var found: [Pair: TypeDecision] = [:]
        for row in rows {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            try #require(cells.count == 6, "\(row)")
            let from = try type(cells[0])
            func note(_ list: some StringProtocol, _ decision: TypeDecision) throws {
                for name in list.split(separator: ", ") {
                    let pair = Pair(from: from, to: try type(String(name)))
                    #expect(found.updateValue(decision, forKey: pair) == nil, "\(pair) stands there twice")
                }
            }
            try note(cells[1], .same)
            try note(cells[2], .exact)
            try note(cells[3], .checked)
            for group in cells[4].split(separator: "; ") {
                let parts = group.split(separator: ": ")
                try note(parts[1], .cast(try #require(CastType(rawValue: String(parts[0])))))
            }
            try note(cells[5], .refused)
        }
        return found
    }

    private static func type(_ name: String) throws -> ValueType {
        name == "other" ? .foreign("other") : try #require(ValueType(name), "\(name) is no type")
    }
}

/// Values at the edges of each type, in text form.
private enum Samples {
    static func of(_ type: ValueType) -> [String] {
        switch type {
        case .bool: ["t", "f"]
        case .int16: ["-32768", "32767", "0", "1", "2"]
        case .int32: ["-2147483648", "2147483647", "0", "16777217", "2"]
        case .int64: ["-9223372036854775808", "9223372036854775807", "0", "9007199254740993", "2"]
        case .float32: ["NaN", "Infinity", "-Infinity", "3.4028235e+38", "1e-45", "-0.5", "0", "0.1"]
        case .float64: ["NaN", "Infinity", "-Infinity", "1.7976931348623157e+308", "5e-324", "-0.5", "0", "0.1"]
        case .numeric: ["NaN", "Infinity", "-Infinity", "0.00", "-1.50", "123456789012345678901234567890.5", "7"]
        case .text, .foreign: ["", "x", "grüße 🙂", " 1 ", "\\x0"]
        case .bytes: ["\\x", "\\x00ff"]
        case .date: ["infinity", "-infinity", "4713-11-24 BC", "5874897-12-31", "2024-02-29"]
        case .time: ["00:00:00", "24:00:00", "23:59:59.999999"]
        case .timestamp: ["infinity", "-infinity", "4713-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999"]
        case .timestampWithZone:
            ["infinity", "-infinity", "4713-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00"]
        case .interval: ["00:00:00", "-1 mons +3 days -04:05:06.7", "178000000 years", "-00:00:00.000001"]
        case .uuid: ["00000000-0000-0000-0000-00000000ffff"]
        case .json, .jsonBinary: ["null", "{\"a\": [1, null]}"] + (type == .json ? ["\"\\u0000\""] : [])
        }
    }

    /// The text of a sample that went to the other type and came back: a number's scale is not part of its value there.
    static func returning(_ sample: String, _ from: ValueType, _ to: ValueType) -> String {
        switch (from, to) {
        case (.numeric, .int16), (.numeric, .int32), (.numeric, .int64): sample == "0.00" ? "0" : sample
        default: sample
        }
    }

    static func bytes(_ text: String, as type: ValueType) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try ValueText.parse(text, as: type, into: &bytes)
        return bytes
    }

    static func apply(_ cast: ValueCast, to value: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        guard (try? value.withUnsafeBytes { try cast.apply($0, to: &bytes) }) != nil else { return nil }
        return bytes
    }

    static func text(_ bytes: [UInt8], as type: ValueType) -> String {
        bytes.withUnsafeBytes { ValueText.render($0, as: type) }
    }
}
