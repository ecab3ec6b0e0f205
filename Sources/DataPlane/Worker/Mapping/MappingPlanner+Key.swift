import Connectors
import Model

/// The key of a stream, and whether the types of its fields can be reached at all.
extension MappingPlanner {
    /// What identifies a record, and what the scan goes by.
    struct Key {
        /// Places among the fields.
        var fields: [Int]
        /// Source columns; none where the places of the records order them.
        var columns: [String]
        /// Records of different batches may have the same key.
        var isRepeatable = false
        /// The scan has the records in the order of the key.
        var isInOrder = false
    }

    func key(fields: [String], origins: [FieldOrigin], columns: [String]) throws -> Key {
        guard !stream.key.isEmpty else { return try noKey(fields: fields, origins: origins, columns: columns) }
        var places: [Int] = []
        for name in stream.key {
            guard let place = fields.firstIndex(of: name) else {
                throw error(
                    .invalid,
                    "key \"\(name)\" is none of the fields, which are \(list(fields))\(whyNotPassing(name))"
                )
            }
            guard !places.contains(place) else { throw error(.invalid, "key \"\(name)\" is named twice") }
            places.append(place)
        }
        // The places of its records order a file, whatever the key is made of.
        guard !source.isPositional else {
            return Key(fields: places, columns: [], isRepeatable: stream.writeMode.isByKey)
        }
        let names = places.map { keyColumn(of: origins[$0], columns: columns) }
        if let twice = names.enumerated().first(where: { $1 != nil && names.firstIndex(of: $1) != $0 })?.element {
            throw error(.invalid, "two fields of the key are made of the same column \"\(twice)\"")
        }
        let plain = names.compactMap(\.self)
        let isPlain = plain.count == names.count
        // Two records whose key has a NULL may share it; the source refuses them.
        let known = ([source.primaryKey] + source.uniqueKeys).filter { !$0.isEmpty }
        if isPlain, known.contains(where: { Set($0).isSubset(of: plain) }) {
            return Key(fields: places, columns: plain, isInOrder: true)
        }
        // Ranges of the source's own key are found along its index, and then one key may come up in several of them.
        if let own = sourceKeys.first {
            return Key(fields: places, columns: own, isRepeatable: stream.writeMode.isByKey)
        }
        if let computed = names.firstIndex(of: nil) {
            throw error(
                .unsupported,
                "key \"\(fields[places[computed]])\" is computed, and the source has no key of its own to read the records in "
                    + "ranges of; make the key of source columns as they are (another name is fine)"
            )
        }
        // Equal keys are in one range.
        return Key(fields: places, columns: plain, isInOrder: true)
    }

    /// What identifies every record at the source.
    private var sourceKeys: [[String]] {
        ([source.primaryKey] + source.uniqueKeys).filter { key in
            !key.isEmpty && key.allSatisfy { sourceColumn($0)?.isNullable == false }
        }
    }

    /// An append or a replacement goes by the source's own key, and calls the records by it as far as it passes; without one
    /// by their places. Where there is a key these are no choice: by it the rest of a plan can be read in another view of
    /// the data, too.
    private func noKey(fields: [String], origins: [FieldOrigin], columns: [String]) throws -> Key {
        guard !stream.writeMode.isByKey else {
            throw error(
                .invalid,
                "write mode \(stream.writeMode.rawValue) needs a key; set `key` to the fields that identify a record"
            )
        }
        guard !source.isPositional else { return Key(fields: [], columns: []) }
        guard let key = sourceKeys.first else {
            if source.hasPlaces { return Key(fields: [], columns: []) }
            throw error(
                .invalid,
                "the source has no key to read the records in ranges of; set `key` to fields that identify a record"
            )
        }
        let places = key.compactMap { column in
            origins.firstIndex { keyColumn(of: $0, columns: columns) == column }
        }
        return Key(fields: places.count == key.count ? places : [], columns: key)
    }

    /// The source column that a field is, as it is; nil: it is computed.
    private func keyColumn(of origin: FieldOrigin, columns: [String]) -> String? {
        switch origin {
        case .passing(let index): return columns[index]
        case .mapped(let mapping):
            guard case .column(let column) = mapping.origin, !mapping.trim, mapping.letterCase == nil,
                mapping.fallback == nil, mapping.cast == nil
            else { return nil }
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
