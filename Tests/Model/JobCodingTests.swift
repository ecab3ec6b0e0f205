import Foundation
import Model
import Testing

@Suite struct JobCodingTests {
    private static let origins: [FieldMapping.Origin] = [
        .column("a"), .template("{a}"), .constant(.null), .constant(.bool(true)), .constant(.integer(1)),
        .constant(.integer(.min)), .constant(.real(2)), .constant(.real(1.5)), .constant(.text("1")),
    ]

    private static var job: JobSpec {
        let map = origins.enumerated().map { index, origin in
            FieldMapping(field: "f\(index)", origin: origin, fallback: .real(0), cast: .number)
        }
        let stream = StreamSpec(stream: "t", destination: "t", key: ["f0"], map: map)
        return JobSpec(
            name: "j",
            source: "a",
            destination: "b",
            rateLimit: 0.5,
            deadline: .milliseconds(1_500),
            streams: [stream]
        )
    }

    @Test func `a job is the same after its way through JSON`() throws {
        let data = try JSONEncoder().encode(Self.job)
        #expect(try JSONDecoder().decode(JobSpec.self, from: data) == Self.job)
    }

    @Test func `the JSON of a job has plain values`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(Self.job), as: UTF8.self)
        #expect(text.contains("\"deadlineSeconds\":1.5,"))
        #expect(text.contains("\"origin\":{\"column\":\"a\"}"))
        #expect(text.contains("\"origin\":{\"constant\":null}"))
        #expect(text.contains("\"origin\":{\"constant\":{\"real\":2}}"))
        #expect(!text.contains("_0"))
    }

    @Test func `a deadline that is none is refused`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(Self.job), as: UTF8.self)
            .replacing("\"deadlineSeconds\":1.5", with: "\"deadlineSeconds\":-1")
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(JobSpec.self, from: Data(text.utf8)) }
    }
}
