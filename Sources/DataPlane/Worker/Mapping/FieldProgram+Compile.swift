import Connectors
import Model

/// From configuration and types to steps.
extension FieldProgram {
    /// - Parameters:
    ///   - mapping: its transforms; nil: none.
    ///   - what: the value's origin, for errors.
    ///   - place: stream and field, for errors.
    static func steps(
        of mapping: FieldMapping?,
        from type: ValueType,
        to fieldType: ValueType,
        _ what: String,
        _ place: String
    ) throws -> [FieldStep] {
        var steps: [FieldStep] = []
        var current = type
        func convert(to next: ValueType, mayLose: Bool) throws {
            guard let cast = ValueCast(from: current, to: next, mayLose: mayLose) else {
                throw refusal(what, place, from: current, to: next, isAskedFor: mayLose)
            }
            if !cast.keepsBytes { steps.append(FieldSteps.cast(cast)) }
            current = next
        }
        if mapping?.trim == true || mapping?.letterCase != nil {
            try convert(to: .text, mayLose: false)
        }
        if mapping?.trim == true { steps.append(FieldSteps.trim) }
        if let letterCase = mapping?.letterCase { steps.append(FieldSteps.letterCase(letterCase)) }
        if let cast = mapping?.cast {
            try convert(to: cast.valueType(towards: fieldType), mayLose: true)
        }
        try convert(to: fieldType, mayLose: false)
        return steps
    }

    private static func refusal(
        _ what: String,
        _ place: String,
        from: ValueType,
        to: ValueType,
        isAskedFor: Bool
    ) -> SluiceError {
        let found = "\(place): \(what) is \(from.withArticle), which"
        if case .cast(let cast) = TypeDecision(from: from, to: to), !isAskedFor {
            return SluiceError(
                .unsupported,
                "\(found) becomes \(to.withArticle) only if asked to; set `cast: \(cast.rawValue)` (see "
                    + "Protocols/types.md), choose a column that fits, or drop the column"
            )
        }
        let advice = isAskedFor ? "another cast" : "a column that fits"
        return SluiceError(
            .unsupported,
            "\(found) cannot become \(to.withArticle); choose \(advice), or drop the column"
        )
    }

    /// The bytes that a constant has in the field, once its transforms are done; nil for null.
    static func constant(
        _ constant: Constant?,
        _ mapping: FieldMapping,
        _ field: TargetField,
        _ what: String,
        _ place: String
    ) throws -> [UInt8]? {
        guard var (type, bytes) = constant?.canonical else { return nil }
        if !TypeDecision(from: type, to: field.type).passes, let cast = ValueCast(from: type, to: .text) {
            // It is what the configuration spells.
            var text: [UInt8] = []
            try bytes.withUnsafeBytes { try cast.apply($0, to: &text) }
            (type, bytes) = (.text, text)
        }
        let steps = try steps(of: mapping, from: type, to: field.type, "the \(what)", place)
        var arena = FieldArena()
        var result = arena.append(bytes)
        do throws(ValueError) {
            for step in steps { result = try step(result, &arena) }
        } catch {
            throw SluiceError(.invalid, "\(place): the \(what) \(error)")
        }
        return arena.withBytes(at: result) { Array($0) }
    }

    static func pieces(
        of template: String,
        _ plan: MappingPlan,
        _ place: String
    ) throws -> [TemplatePiece] {
        try Template(template).parts.map { part in
            switch part {
            case .text(let text): return .text(Array(text.utf8))
            case .column(let name):
                let index = try plan.index(of: name, place)
                let type = plan.columnTypes[index]
                guard let cast = ValueCast(from: type, to: .text, mayLose: true) else {
                    throw SluiceError(.unsupported, "\(place): column \"\(name)\" has no text form")
                }
                return .column(index, cast)
            }
        }
    }
}

extension MappingPlan {
    func index(of column: String, _ place: String) throws -> Int {
        guard let index = scan.columns.firstIndex(of: column) else {
            throw SluiceError(.internal, "\(place): column \"\(column)\" is not in the scan")
        }
        return index
    }
}
