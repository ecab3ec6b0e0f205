import Foundation
import Model
import Testing

@Suite struct ViewCodingTests {
    @Test func `counts say what was not attempted, and read back`() throws {
        var counts = RunCounts()
        counts.planned = 80
        counts.applied = 30
        counts.quarantined = 1
        let bytes = try JSONEncoder().encode(counts)
        let keys = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Int])
        #expect(keys["notAttempted"] == 49)
        #expect(keys["applied"] == 30)
        #expect(keys.count == Mirror(reflecting: counts).children.count + 1)
        #expect(try JSONDecoder().decode(RunCounts.self, from: bytes) == counts)
        var sum = counts
        sum += counts
        #expect(sum.planned == 160 && sum.applied == 60 && sum.quarantined == 2)
    }

    @Test func `NULL is written and not left out`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let change = FieldChange(field: "email", before: nil, after: "a@x")
        let bytes = try encoder.encode(change)
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"after":"a@x","before":null,"field":"email"}"#)
        #expect(try JSONDecoder().decode(FieldChange.self, from: bytes) == change)
    }
}
