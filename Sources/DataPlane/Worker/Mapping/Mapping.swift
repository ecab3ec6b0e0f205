public import Connectors
public import Model

/// Makes records of a destination's fields out of records of source columns.
///
/// Compiled once per stream: `plan` → `Destination.resolve(table:fields:key:)` → `init` → `apply` for every batch. A field that
/// only gets another name shares its bytes with the source's batch. A value that does not fit rejects its record and
/// nothing else. It is a pure function of its input, so that it can be repeated after a crash.
public struct Mapping: Sendable {
    public let plan: MappingPlan
    public let target: Target
    private let program: [FieldProgram]
    private let checks: [FieldCheck]
    /// Every field is the column at its own place: the source's batch is the mapped one.
    private let isIdentity: Bool

    /// Checks a stream against both ends and decides what is read and which fields result.
    ///
    /// - Throws: `SluiceError`: `notFound` for a column that is missing on either side, `invalid` for a mapping, key or filter
    ///   that makes no sense, `unsupported` for a computed key or a type that cannot become the other. Each names stream
    ///   and field and says what is there.
    public static func plan(
        stream: StreamSpec,
        source: StreamDescription,
        destination: StreamDescription
    ) throws -> MappingPlan {
        try MappingPlanner(stream: stream, source: source, destination: destination).plan()
    }

    /// - Parameter target: what the destination resolved `plan.fields` to, in the same order.
    /// - Throws: `unsupported` or `invalid` when a field's type cannot be reached.
    public init(_ plan: MappingPlan, target: Target) throws {
        precondition(
            target.fields.map(\.name) == plan.fields && target.key == plan.keyFields
                && target.mode == plan.writeMode,
            "the target of a mapping has other fields than its plan"
        )
        self.plan = plan
        self.target = target
        let program = try target.fields.indices.map { index in
            try FieldProgram(plan.origins[index], field: target.fields[index], plan: plan)
        }
        checks = try program.enumerated().map { index, field in
            let check = FieldCheck(target, index: index)
            try check.checkConstant(of: field, plan: plan)
            return check
        }
        self.program = program
        isIdentity =
            program.count == plan.scan.columns.count
            && program.enumerated().allSatisfy { $0.element.sharedColumn == $0.offset }
    }

    /// - Parameter rows: columns are `plan.scan.columns`, in the types of the source's description.
    public func apply(_ rows: RowBatch) -> MappedBatch {
        precondition(rows.width == plan.scan.columns.count, "a mapping got rows of another width")
        var rejections = rows.rejections
        let mapped = isIdentity ? rows : run(rows, rejections: &rejections)
        for (index, check) in checks.enumerated() {
            check.run(mapped, at: index, rejections: &rejections)
        }
        guard !target.isAppend else { return MappedBatch(rows: mapped, rejections: rejections, lines: rows.lines) }
        RepeatedKeys(target).reject(in: mapped, from: rows, rejections: &rejections)
        let batch = MappedBatch(rows: mapped, rejections: rejections, lines: rows.lines)
        // A scan in the order of the key is in the same order for every worker.
        return plan.isScannedByKey ? batch : KeyOrder(target).sorted(batch)
    }

    private func run(_ rows: RowBatch, rejections: inout [Int: Rejection]) -> RowBatch {
        var places = FieldPlaces(width: program.count, count: rows.count)
        var arena = FieldArena(sharing: rows)
        for (index, field) in program.enumerated() {
            field.run(rows, into: &places, at: index, arena: &arena, rejections: &rejections)
        }
        return RowBatch(
            width: program.count,
            bytes: arena.bytes,
            starts: places.starts,
            lengths: places.lengths
        )
    }
}
