import Connectors
import Model

/// The table that a stream would fill at a destination that takes any fields: what passes and what is mapped.
enum OpenTable {
    /// Passing columns in the order of the source, then the mapped fields in the order of the configuration, each in the
    /// type that its origin and its transforms give it.
    ///
    /// - Parameter keepsNativeTypes: columns that are not transformed have their source's own type as well, else "".
    static func describe(
        _ stream: StreamSpec,
        _ source: StreamDescription,
        keepsNativeTypes: Bool = false
    ) -> StreamDescription {
        let used = Set(stream.map.flatMap(columns))
        let mapped = Set(stream.map.map(\.field))
        let passing = source.columns.filter { column in
            !used.contains(column.name) && !stream.drop.contains(column.name) && !mapped.contains(column.name)
        }
        let fields =
            passing.map { ($0.name, $0.type, $0.nativeType) }
            + stream.map.map { ($0.field, type(of: $0, source), nativeType(of: $0, source)) }
        return StreamDescription(
            name: stream.destination,
            columns: fields.map { name, type, native in
                ColumnDescription(name: name, type: type, nativeType: keepsNativeTypes ? native : "")
            },
            primaryKey: []
        )
    }

    /// Of a column that only gets another name.
    private static func nativeType(of mapping: FieldMapping, _ source: StreamDescription) -> String {
        guard case .column(let name) = mapping.origin, mapping.cast == nil, !mapping.trim, mapping.letterCase == nil
        else { return "" }
        return source.columns.first { $0.name == name }?.nativeType ?? ""
    }

    /// The columns that a mapping is made of; the planner says what is wrong with a template.
    private static func columns(of mapping: FieldMapping) -> [String] {
        switch mapping.origin {
        case .column(let name): [name]
        case .template(let text): (try? Template(text))?.columns ?? []
        case .constant: []
        }
    }

    private static func type(of mapping: FieldMapping, _ source: StreamDescription) -> ValueType {
        if let cast = mapping.cast { return cast.valueType(towards: .text) }
        if mapping.trim || mapping.letterCase != nil { return .text }
        return switch mapping.origin {
        case .column(let name): source.columns.first { $0.name == name }?.type ?? .text
        case .template: .text
        case .constant(let constant): (constant.canonical ?? mapping.fallback?.canonical)?.type ?? .text
        }
    }
}
