import Model
import SwiftProtobuf
import Wire

/// The conditions of a query, asked of a whole write first (so that most segments stay closed), then of its records.
struct RecordFilter {
    private let query: RecordQuery
    /// Indexes of the streams that are wanted; nil: all.
    private let streams: Set<Int>?

    /// - Parameter streams: of the run, in their order.
    init(_ query: RecordQuery, streams: [RunStreamRecord]) {
        self.query = query
        self.streams = query.stream.map { wanted in
            Set(streams.indices.filter { streams[$0].isNamed(wanted) })
        }
    }

    /// false: no record of the write can pass. Looks at its row and header only.
    func mayPass(_ write: EffectiveWrite) throws -> Bool {
        if let streams, !streams.contains(write.streamIndex) { return false }
        guard RecordOperation.allCases.contains(where: { write.count(of: $0) > 0 && passes($0, in: write) })
        else { return false }
        if query.fields.isEmpty { return true }
        let header = try WireSegmentHeader(serializedBytes: write.header)
        let untouched = Set(header.fields.lazy.filter { $0.changed == 0 }.map(\.field))
        return !query.fields.allSatisfy(untouched.contains)
    }

    func passes(_ batch: QuarantinedBatch) -> Bool {
        (streams?.contains(batch.streamIndex) ?? true) && query.fields.isEmpty
            && (query.operations.isEmpty || query.operations.contains(.reject))
            && (query.verdicts.isEmpty || query.verdicts.contains(.quarantined))
    }

    func passes(_ operation: RecordOperation, in write: EffectiveWrite) -> Bool {
        (query.operations.isEmpty || query.operations.contains(operation))
            && (query.verdicts.isEmpty || query.verdicts.contains(write.verdict(of: operation)))
    }

    /// The wanted fields as indexes of the segment; nil: any.
    func fields(of segment: SegmentReader) -> [Int]? {
        query.fields.isEmpty
            ? nil
            : segment.fields.indices.filter { query.fields.contains(segment.fields[$0].name) }
    }
}
