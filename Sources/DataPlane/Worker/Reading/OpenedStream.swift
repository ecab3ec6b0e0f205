import Connectors
import Model
import Wire

/// One stream of a run: how it is read, how its records become the destination's, where they go.
struct OpenedStream {
    let scan: Scan
    let target: Target
    let summary: WireStreamOpened
    private let spec: StreamSpec

    init(
        _ spec: StreamSpec,
        index: UInt32,
        source: any Source,
        destination: any Destination
    ) throws {
        fatalError()
    }

    /// The same stream at a destination that was connected to anew.
    func resolvedAgain(at destination: any Destination) throws -> OpenedStream {
        fatalError()
    }

    func read(_ range: KeyRange, from source: any Source) throws -> RowBatch {
        var rows = RowBatch(width: scan.columns.count)
        try source.read(scan, range: range, into: &rows)
        return rows
    }

    func map(_ rows: RowBatch) throws -> MappedBatch { fatalError() }
}
