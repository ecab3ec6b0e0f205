import Connectors
import Model
import TestSupport

@testable import Worker

/// Copies whole tables by connectors and mapping, as a worker does it, without a coordinator. The source is read as it is
/// at the first copy.
final class Carrier {
    private let source: any Source
    private let destination: any Destination
    private let identity = WriteIdentity(
        installation: .make(milliseconds: 1),
        run: .make(milliseconds: 2),
        attempt: .make(milliseconds: 3),
        write: .make(milliseconds: 4)
    )
    private var isOpen = false

    init(from source: ConnectionSpec, to destination: ConnectionSpec) throws {
        func resolved(_ spec: ConnectionSpec) throws -> ResolvedConnection {
            try ResolvedConnection(spec, environment: [:], readFile: { _ in "" })
        }
        self.source = try Registry.source(for: resolved(source))
        self.destination = try Registry.destination(for: resolved(destination))
    }

    deinit {
        source.close()
        destination.close()
    }

    /// What became of the records, in the order of the key.
    struct Outcome {
        var plans: [RowPlan]
        var rejections: [Int: Rejection]
    }

    /// In ranges of two records, so that the key's text form has to find its way back.
    @discardableResult
    func copy(
        _ stream: String,
        to table: String? = nil,
        key: [String] = ["id"],
        map: [FieldMapping] = [],
        drop: [String] = [],
        recordsPerRange: Int = 2
    ) throws -> Outcome {
        if !isOpen {
            _ = try source.openSnapshot(adopting: nil)
            try destination.openGate(installation: identity.installation, run: identity.run)
            try destination.openFence(identity)
            isOpen = true
        }
        let opened = try OpenedStream(
            StreamSpec(stream: stream, destination: table ?? stream, key: key, map: map, drop: drop),
            index: 0,
            of: RunContext(installation: identity.installation, id: identity.run, job: "job", joinsOneKind: false),
            source: source,
            destination: destination
        )
        var ranges: [KeyRange] = []
        try source.plan(opened.scan, recordsPerRange: recordsPerRange, range: KeyRange()) { ranges.append($0.range) }
        var outcome = Outcome(plans: [], rejections: [:])
        for range in ranges {
            let mapped = opened.map(try opened.read(range, from: source))
            var write = identity
            write.write = .make(milliseconds: 5)
            let staged = try destination.stage(
                write,
                target: opened.target,
                rows: mapped.rows,
                rejections: mapped.rejections
            )
            try destination.apply()
            _ = try destination.commit()
            for (row, rejection) in staged.rejections { outcome.rejections[outcome.plans.count + row] = rejection }
            outcome.plans += staged.plans
        }
        return outcome
    }
}

extension PostgresServer {
    func connection(schema: String = "public", user: String? = nil) -> ConnectionSpec {
        let url = user.map { self.url(user: $0) } ?? self.url
        return ConnectionSpec(name: schema, type: "postgres", settings: ["url": url, "schema": schema])
    }
}
