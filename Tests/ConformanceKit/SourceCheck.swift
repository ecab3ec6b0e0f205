import Connectors
import Model

/// What every source must do. A connector's tests run all cases, each on a subject of its own.
public enum SourceCheck: String, CaseIterable, Sendable {
    case coverage = "plan and read cover every record exactly once, in the order of the key"
    case textKey = "a text key orders and cuts the records as the system does"
    case compositeKey = "a key of two columns cuts the records between equal first columns"
    case insertedMeanwhile = "ranges stay valid when records are inserted in between"
    case continuation = "planning goes on behind a key"
    case planningStops = "what emit throws ends the planning"
    case filter = "a filter admits exactly the right records, NULLs included"
    case filteredCoverage = "planning under a filter counts and covers the records that pass"
    case values = "values arrive in the canonical encoding, in the order of the columns asked for"
    case description = "discover describes columns, types and keys"
    case oddNames = "names with quotes, spaces, capitals and letters beyond ASCII are names like others"
    case unknownStream = "an unknown stream is not found, and what exists is named"
    case unknownColumn = "an unknown column is not found, and what exists is named"
    case sharedView = "who adopts a snapshot sees its records, whatever happens meanwhile"
    case repeatedCalls = "check and close can be repeated, and a closed source opens again"

    /// - Throws: `ConformanceFailure`, or what the connector threw where it should not have.
    public func run(on subject: ConformanceSubject) throws {
        switch self {
        case .coverage: try Self.checkCoverage(subject)
        case .textKey: try Self.checkTextKey(subject)
        case .compositeKey: try Self.checkCompositeKey(subject)
        case .insertedMeanwhile: try Self.checkInsertedMeanwhile(subject)
        case .continuation: try Self.checkContinuation(subject)
        case .planningStops: try Self.checkPlanningStops(subject)
        case .filter: try Self.checkFilter(subject)
        case .filteredCoverage: try Self.checkFilteredCoverage(subject)
        case .values: try Self.checkValues(subject)
        case .description: try Self.checkDescription(subject)
        case .oddNames: try Self.checkOddNames(subject)
        case .unknownStream: try Self.checkUnknownStream(subject)
        case .unknownColumn: try Self.checkUnknownColumn(subject)
        case .sharedView: try Self.checkSharedView(subject)
        case .repeatedCalls: try Self.checkRepeatedCalls(subject)
        }
    }

    static func plan(
        _ source: any Source,
        _ scan: Scan,
        perRange: Int,
        in range: KeyRange = KeyRange()
    ) throws -> [PlannedRange] {
        var ranges: [PlannedRange] = []
        try source.plan(scan, recordsPerRange: perRange, range: range) { ranges.append($0) }
        return ranges
    }

    static func scan(
        _ subject: ConformanceSubject,
        _ stream: String,
        _ table: SampleTable,
        filter: Filter? = nil
    ) -> Scan {
        let key = subject.isPositional ? [] : table.key
        return Scan(stream: stream, columns: table.columns.map(\.name), key: key, filter: filter)
    }

    static func read(_ source: any Source, _ scan: Scan, _ range: KeyRange) throws -> [SampleRow] {
        let found = try source.discover(stream: scan.stream)
        try requireEqual(found.count, 1, "streams found by the name \(scan.stream)")
        let types = try scan.columns.map { name in
            guard let column = found[0].columns.first(where: { $0.name == name }) else {
                throw ConformanceFailure("discover does not show column \(name) of \(scan.stream)")
            }
            return column.type
        }
        var batch = RowBatch(width: scan.columns.count)
        try source.read(scan, range: range, into: &batch)
        return try SampleCodec.rows(batch, types)
    }

    /// Plans, checks the ranges' form and numbers, and reads them one after another.
    static func readAll(_ source: any Source, _ scan: Scan, perRange: Int) throws -> [SampleRow] {
        let ranges = try plan(source, scan, perRange: perRange)
        var rows: [SampleRow] = []
        var bound: [String]?
        for (place, planned) in ranges.enumerated() {
            let what = "range \(place + 1) of \(ranges.count)"
            try requireEqual(planned.range.after, bound, "the lower bound of \(what)")
            bound = planned.range.through
            try requireEqual(bound == nil, place == ranges.count - 1, "\(what) is open above")
            try require(
                planned.records <= perRange,
                "\(what) holds \(planned.records) records, allowed are \(perRange)"
            )
            let read = try read(source, scan, planned.range)
            try requireEqual(read.count, planned.records, "records read of \(what), which was planned with as many")
            rows += read
        }
        return rows
    }
}
