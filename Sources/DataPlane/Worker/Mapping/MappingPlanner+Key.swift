import Connectors
import Model

/// The key of a stream, and whether the types of its fields can be reached at all.
extension MappingPlanner {
    /// The key's places among the fields, and the source columns that the scan goes by.
    func key(
        fields: [String],
        origins: [FieldOrigin],
        columns: [String]
    ) throws -> (fields: [Int], columns: [String]) {
        guard !stream.key.isEmpty else { return try noKey(fields: fields, origins: origins, columns: columns) }
        var places: [Int] = []
        var names: [String] = []
        for name in stream.key {
            guard let place = fields.firstIndex(of: name) else {
                throw error(
                    .invalid,
                    "key \"\(name)\" is none of the fields, which are \(list(fields))\(whyNotPassing(name))"
                )
            }
            guard !places.contains(place) else { throw error(.invalid, "key \"\(name)\" is named twice") }
            places.append(place)
            // The places of its records order a file, whatever the key is made of.
            guard !source.isPositional else { continue }
            let column = try keyColumn(of: origins[place], name, columns: columns)
            guard !names.contains(column) else {
                throw error(.invalid, "two fields of the key are made of the same column \"\(column)\"")
            }
            names.append(column)
        }
        return (places, names)
    }

    /// An append or a replacement goes by the source's own key, and calls the records by it as far as it passes; without one
    /// by their places. Where there is a key these are no choice: by it the rest of a plan can be read in another view of
    /// the data, too.
    private func noKey(
        fields: [String],
        origins: [FieldOrigin],
        columns: [String]
    ) throws -> (fields: [Int], columns: [String]) {
        guard stream.writeMode != .upsert else {
            throw error(.invalid, "an upsert needs a key; set `key` to the fields that identify a record")
        }
        guard !source.isPositional else { return ([], []) }
        let candidates = ([source.primaryKey] + source.uniqueKeys).filter { key in
            !key.isEmpty && key.allSatisfy { sourceColumn($0)?.isNullable == false }
        }
        guard let key = candidates.first else {
            if source.hasPlaces { return ([], []) }
            throw error(
                .invalid,
                "the source has no key to read the records in ranges of; set `key` to fields that identify a record"
            )
        }
        let places = key.compactMap { column in
            origins.firstIndex { (try? keyColumn(of: $0, column, columns: columns)) == column }
        }
        return (places.count == key.count ? places : [], key)
    }

    private func keyColumn(of origin: FieldOrigin, _ name: String, columns: [String]) throws -> String {
        switch origin {
        case .passing(let index): return columns[index]
        case .mapped(let mapping):
            guard case .column(let column) = mapping.origin, !mapping.trim, mapping.letterCase == nil,
                mapping.fallback == nil, mapping.cast == nil
            else {
                throw error(
                    .unsupported,
                    "key \"\(name)\" is computed; a key must be a source column as it is (another name is fine), "
                        + "because the records are read in ranges of it"
                )
            }
            return column
        }
    }

    /// Compiles every field against the destination's column as it is described, for the errors.
    func checkTypes(_ plan: MappingPlan) throws {
        for (index, origin) in plan.origins.enumerated() {
            guard let column = destinationColumn(plan.fields[index]) else { continue }
            _ = try FieldProgram(
                origin,
                field: TargetField(name: column.name, type: column.type, isNullable: column.isNullable),
                plan: plan
            )
        }
    }
}
