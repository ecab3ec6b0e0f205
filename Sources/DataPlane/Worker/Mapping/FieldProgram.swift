import Connectors
import Model

/// How the values of one destination field are made: an origin, then steps, compiled from configuration and types.
struct FieldProgram: Sendable {
    enum Origin: Sendable {
        case column(Int)
        case template([TemplatePiece])
        /// The same bytes for every record; nil: NULL. All steps are taken already.
        case constant([UInt8]?)
    }

    let name: String
    let origin: Origin
    private let steps: [FieldStep]
    /// What NULL becomes, in the field's type.
    private let fallback: [UInt8]?

    /// - Throws: `unsupported` when the type of the origin cannot become the field's, `invalid` for a constant that is no
    ///   value of it.
    init(_ source: FieldOrigin, field: TargetField, plan: MappingPlan) throws {
        name = field.name
        let place = "stream \"\(plan.stream)\", field \"\(field.name)\""
        switch source {
        case .passing(let column):
            origin = .column(column)
            fallback = nil
            let what = "column \"\(plan.scan.columns[column])\""
            steps = try Self.steps(of: nil, from: plan.columnTypes[column], to: field.type, what, place)
        case .mapped(let mapping):
            fallback = try Self.constant(
                mapping.fallback,
                FieldMapping(field: mapping.field, origin: mapping.origin, cast: mapping.cast),
                field,
                "default",
                place
            )
            switch mapping.origin {
            case .column(let column):
                let index = try plan.index(of: column, place)
                origin = .column(index)
                let what = "column \"\(column)\""
                steps = try Self.steps(of: mapping, from: plan.columnTypes[index], to: field.type, what, place)
            case .template(let text):
                origin = .template(try Self.pieces(of: text, plan, place))
                steps = try Self.steps(of: mapping, from: .text, to: field.type, "the template", place)
            case .constant(let constant):
                origin = .constant(
                    try Self.constant(constant, mapping, field, "constant", place) ?? fallback
                )
                steps = []
            }
        }
    }

    /// The column whose bytes the field shares as they are; nil: something is to be done.
    var sharedColumn: Int? {
        guard case .column(let column) = origin, steps.isEmpty, fallback == nil else { return nil }
        return column
    }

    /// Makes the field of every row. A value that cannot be made is NULL and rejects its row.
    func run(
        _ rows: RowBatch,
        into places: inout FieldPlaces,
        at field: Int,
        arena: inout FieldArena,
        rejections: inout [Int: Rejection]
    ) {
        if let sharedColumn {
            share(sharedColumn, of: rows, into: &places, at: field)
        } else if case .constant(let bytes) = origin {
            let place = bytes.map { arena.append($0) } ?? .null
            for row in 0..<rows.count { places.set(place, row: row, field: field) }
        } else {
            let fallback = fallback.map { arena.append($0) } ?? .null
            let starts = rows.starts
            let lengths = rows.lengths
            for row in 0..<rows.count {
                let first = row * rows.width
                do throws(ValueError) {
                    let place = try make(&arena) { column in
                        FieldPlace(start: starts[first + column], length: lengths[first + column])
                    }
                    places.set(place.isNull ? fallback : place, row: row, field: field)
                } catch  where rejections[row] == nil {
                    rejections[row] = Rejection(
                        code: "invalid_value",
                        field: name,
                        reason: error.description
                    )
                } catch {
                    continue
                }
            }
        }
    }

    private func share(_ column: Int, of rows: RowBatch, into places: inout FieldPlaces, at field: Int) {
        let starts = rows.starts
        let lengths = rows.lengths
        var from = column
        var to = field
        for _ in 0..<rows.count {
            places.starts[to] = starts[from]
            places.lengths[to] = lengths[from]
            from += rows.width
            to += places.width
        }
    }

    private func make(
        _ arena: inout FieldArena,
        column: (Int) -> FieldPlace
    ) throws(ValueError) -> FieldPlace {
        var place: FieldPlace
        switch origin {
        case .column(let index): place = column(index)
        case .template(let pieces): place = try arena.join(pieces, place: column)
        case .constant: place = .null
        }
        guard !place.isNull else { return place }
        for step in steps { place = try step(place, &arena) }
        return place
    }
}
