import Connectors
import Model

/// Checks a stream against source and destination and decides what is read and what results.
struct MappingPlanner {
    let stream: StreamSpec
    let source: StreamDescription
    let destination: StreamDescription

    func plan() throws -> MappingPlan {
        let templates = try templates()
        try checkDropped()
        let mappings = try mappings()
        let filter = try filter()
        let used = Set(stream.map.flatMap { self.columns(of: $0, templates) })
        let passing = source.columns.filter { column in
            !used.contains(column.name) && !stream.drop.contains(column.name)
                && mappings[column.name] == nil
        }
        for column in passing { try checkPassing(column) }
        let passingNames = Set(passing.map(\.name))
        var columns: [String] = []
        func index(of column: String) -> Int {
            if let index = columns.firstIndex(of: column) { return index }
            columns.append(column)
            return columns.count - 1
        }
        var fields: [String] = []
        var origins: [FieldOrigin] = []
        for column in destination.columns {
            if let mapping = mappings[column.name] {
                for name in self.columns(of: mapping, templates) { _ = index(of: name) }
                origins.append(.mapped(mapping))
            } else if passingNames.contains(column.name) {
                origins.append(.passing(index(of: column.name)))
            } else {
                try checkUnfilled(column)
                continue
            }
            fields.append(column.name)
        }
        let key = try key(fields: fields, origins: origins, columns: columns)
        let types = Dictionary(uniqueKeysWithValues: source.columns.map { ($0.name, $0.type) })
        let plan = MappingPlan(
            stream: stream.stream,
            scan: Scan(stream: stream.stream, columns: columns, key: key.columns, filter: filter),
            table: stream.destination,
            fields: fields,
            keyFields: key.fields,
            isKeyRepeatable: key.isRepeatable,
            isScannedByKey: key.isInOrder,
            writeMode: stream.writeMode,
            columnTypes: columns.compactMap { types[$0] },
            origins: origins,
            warnings: stream.map.compactMap { warning(of: $0, templates) }
        )
        try checkTypes(plan)
        return plan
    }

    private func templates() throws -> [String: Template] {
        var templates: [String: Template] = [:]
        for mapping in stream.map {
            guard case .template(let text) = mapping.origin else { continue }
            do {
                templates[text] = try Template(text)
            } catch let error as SluiceError {
                throw self.error(error.code, "field \"\(mapping.field)\": \(error.message)")
            }
        }
        return templates
    }

    /// A template is NULL as soon as one of its columns is, which is easily overlooked.
    private func warning(of mapping: FieldMapping, _ templates: [String: Template]) -> String? {
        guard case .template = mapping.origin, mapping.fallback == nil else { return nil }
        let nullable = columns(of: mapping, templates).filter { sourceColumn($0)?.isNullable == true }
        guard !nullable.isEmpty else { return nil }
        let names = nullable.map { "\"\($0)\"" }.joined(separator: " or ")
        return
            "stream \"\(stream.stream)\": field \"\(mapping.field)\" is a template, so it becomes NULL where \(names) "
            + "is NULL; set `default` if that is not meant"
    }

    private func columns(of mapping: FieldMapping, _ templates: [String: Template]) -> [String] {
        switch mapping.origin {
        case .column(let name): [name]
        case .template(let text): templates[text]?.columns ?? []
        case .constant: []
        }
    }

    private func checkDropped() throws {
        for name in stream.drop where sourceColumn(name) == nil {
            throw error(.notFound, "column \"\(name)\" is to be dropped, but \(sourceHas(no: name))")
        }
    }

    /// By destination field.
    private func mappings() throws -> [String: FieldMapping] {
        var mappings: [String: FieldMapping] = [:]
        for mapping in stream.map {
            let field = "field \"\(mapping.field)\""
            guard mappings[mapping.field] == nil else {
                throw error(.invalid, "\(field) is mapped twice")
            }
            guard let column = destinationColumn(mapping.field) else {
                throw error(.notFound, "\(field) is mapped, but \(destinationHas(no: mapping.field))")
            }
            guard !column.isGenerated else {
                throw error(.invalid, "\(field) is mapped, but the destination generates its values itself")
            }
            for name in columns(of: mapping, try templates()) where sourceColumn(name) == nil {
                throw error(.notFound, "\(field) is made of column \"\(name)\", but \(sourceHas(no: name))")
            }
            mappings[mapping.field] = mapping
        }
        return mappings
    }

    private func filter() throws -> Filter? {
        guard let text = stream.filter else { return nil }
        let filter: Filter
        do {
            filter = try FilterParser.parse(text)
        } catch let error as SluiceError {
            throw self.error(error.code, error.message)
        }
        for name in filter.columns where sourceColumn(name) == nil {
            throw error(.notFound, "the filter names column \"\(name)\", but \(sourceHas(no: name))")
        }
        return filter
    }

    private func checkPassing(_ column: ColumnDescription) throws {
        guard let found = destinationColumn(column.name) else {
            throw error(
                .notFound,
                "source column \"\(column.name)\" passes by its name, but \(destinationHas()); "
                    + "map it to one of them or add it to `drop`"
            )
        }
        guard !found.isGenerated else {
            throw error(
                .invalid,
                "source column \"\(column.name)\" passes by its name, but the destination generates the values "
                    + "of that column itself; map it to another field or add it to `drop`"
            )
        }
    }

    private func checkUnfilled(_ column: ColumnDescription) throws {
        guard column.isNullable || column.hasDefault || column.isGenerated else {
            throw error(
                .invalid,
                "nothing fills column \"\(column.name)\" of the destination, which is NOT NULL and has no default; "
                    + "map a column, a template or a constant to it\(whyNotPassing(column.name))"
            )
        }
    }

    /// Why a source column of the destination's name does not fill it: a hint behind an error.
    func whyNotPassing(_ name: String) -> String {
        guard sourceColumn(name) != nil else { return "" }
        if stream.drop.contains(name) { return " (source column \"\(name)\" is in `drop`)" }
        return " (source column \"\(name)\" is used by the mapping, so it does not pass by its name as well)"
    }

    func error(_ code: ErrorCode, _ what: String) -> SluiceError {
        SluiceError(code, "stream \"\(stream.stream)\": \(what)")
    }

    func sourceColumn(_ name: String) -> ColumnDescription? {
        source.columns.first { $0.name == name }
    }

    func destinationColumn(_ name: String) -> ColumnDescription? {
        destination.columns.first { $0.name == name }
    }

    func sourceHas(no name: String) -> String {
        let names = source.columns.map(\.name)
        return "the source has only \(list(names))\(hint(name, names))"
    }

    func destinationHas(no name: String = "") -> String {
        let names = destination.columns.map(\.name)
        return "\(destination.name) has only \(list(names))\(hint(name, names))"
    }

    private func hint(_ name: String, _ names: [String]) -> String {
        NearNames.nearest(to: name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
    }

    func list(_ names: [String]) -> String {
        let shown = names.prefix(40).joined(separator: ", ")
        return names.count > 40 ? "\(shown) and \(names.count - 40) more" : shown
    }
}
