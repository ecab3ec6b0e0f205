import Connectors
import Model
import Testing

@testable import Worker

/// A source table and a destination table in plain words: `"id int64!"` is a column that is NOT NULL.
struct MappingKit {
    var source: StreamDescription
    var destination: StreamDescription
    /// By field name.
    var lengths: [String: Int] = [:]

    init(_ source: [String], _ destination: [String], lengths: [String: Int] = [:]) {
        self.source = Self.table("src.people", source)
        self.destination = Self.table("dst.people", destination)
        self.lengths = lengths
    }

    static func table(_ name: String, _ columns: [String]) -> StreamDescription {
        let columns = columns.map { text in
            let words = text.split(separator: " ").map(String.init)
            let type = words[1].filter { $0 != "!" }
            return ColumnDescription(
                name: words[0],
                type: ValueType(type) ?? .text,
                nativeType: type,
                isNullable: !words[1].hasSuffix("!"),
                hasDefault: words.contains("default"),
                isGenerated: words.contains("generated")
            )
        }
        return StreamDescription(name: name, columns: columns, primaryKey: [columns[0].name])
    }

    func plan(
        _ map: [FieldMapping] = [],
        drop: [String] = [],
        key: [String] = ["id"],
        filter: String? = nil
    ) throws -> MappingPlan {
        let stream = StreamSpec(
            stream: "src.people",
            destination: "dst.people",
            key: key,
            filter: filter,
            map: map,
            drop: drop
        )
        return try Mapping.plan(stream: stream, source: source, destination: destination)
    }

    func mapping(_ plan: MappingPlan) throws -> Mapping {
        let fields = plan.fields.map { name in
            let column = destination.columns.first { $0.name == name }
            return TargetField(
                name: name,
                type: column?.type ?? .text,
                isNullable: column?.isNullable ?? true,
                lengthMax: lengths[name]
            )
        }
        return try Mapping(plan, target: Target(table: plan.table, fields: fields, key: plan.keyFields))
    }

    /// Maps records given as text, nil being NULL, in the order of `plan.scan.columns`.
    func apply(_ plan: MappingPlan, _ records: [[String?]]) throws -> MappedBatch {
        try mapping(plan).apply(try rows(plan, records))
    }

    func rows(_ plan: MappingPlan, _ records: [[String?]]) throws -> RowBatch {
        var rows = RowBatch(width: plan.scan.columns.count)
        for record in records {
            for (index, text) in record.enumerated() {
                guard let text else {
                    rows.appendNull()
                    continue
                }
                var value: [UInt8] = []
                try ValueText.parse(text, as: plan.columnTypes[index], into: &value)
                rows.append(value)
            }
            rows.endRow()
        }
        return rows
    }

    /// The mapped records as text.
    func texts(_ plan: MappingPlan, _ records: [[String?]]) throws -> [[String?]] {
        texts(plan, try apply(plan, records).rows)
    }

    func texts(_ plan: MappingPlan, _ rows: RowBatch) -> [[String?]] {
        (0..<rows.count).map { row in
            plan.fields.enumerated().map { index, name in
                let type = destination.columns.first { $0.name == name }?.type ?? .text
                return rows.withField(row: row, column: index) { value in
                    value.map { ValueText.render($0, as: type) }
                }
            }
        }
    }
}

extension FieldMapping {
    static func column(
        _ column: String,
        to field: String,
        trim: Bool = false,
        _ letterCase: LetterCase? = nil,
        fallback: Constant? = nil,
        cast: CastType? = nil
    ) -> FieldMapping {
        FieldMapping(
            field: field,
            origin: .column(column),
            trim: trim,
            letterCase: letterCase,
            fallback: fallback,
            cast: cast
        )
    }
}
