import Drivers
import Model

/// Reads tables, columns and indexes from `pg_catalog`, whatever the search path is.
struct PostgresCatalog {
    let session: PostgresSession

    /// Every table that a stream could be.
    func tables() throws -> [PostgresTable] {
        try load(where: Self.visible)
    }

    /// The table that a job's name means.
    ///
    /// - Throws: `notFound` with near names.
    func table(named text: String) throws -> PostgresTable {
        let name = PostgresName(text)
        // Dots and quotes may also be part of the table's own name.
        let condition =
            "(n.nspname, c.relname) IN ((\(PostgresName.literal(name.schema ?? session.defaultSchema)),"
            + " \(PostgresName.literal(name.table))),"
            + " (\(PostgresName.literal(session.defaultSchema)), \(PostgresName.literal(text))))"
        if let found = try load(where: condition).first { return found }
        let all = try session.run(
            """
            SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE \(Self.visible) ORDER BY 1, 2 LIMIT 10000
            """
        )
        let names = (0..<all.rows).map { row in
            PostgresName.plain(
                schema: all.text(row: row, column: 0) ?? "",
                table: all.text(row: row, column: 1) ?? "",
                defaultSchema: session.defaultSchema
            )
        }
        let hint = NearNames.hint(for: name.table, among: names)
        throw SluiceError(.notFound, "\(session.place): table \"\(text)\" not found; \(hint)")
    }

    private static let visible = """
        n.nspname NOT IN ('information_schema', 'sluice') AND n.nspname NOT LIKE 'pg\\_%'
            AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
        """

    private func load(where condition: String) throws -> [PostgresTable] {
        let relations = try session.run(
            """
            SELECT c.oid, n.nspname, c.relname, c.relkind,
                CASE WHEN c.reltuples >= 0 AND (c.reltuples > 0 OR c.relpages > 0)
                    THEN c.reltuples::int8 END,
                coalesce(
                    (SELECT sum(s.avg_width) FROM pg_stats s
                        WHERE s.schemaname = n.nspname AND s.tablename = c.relname),
                    CASE WHEN c.reltuples > 0
                        THEN (c.relpages * 8192.0 / c.reltuples)::int8 END),
                c.relkind IN ('r', 'm') AND NOT c.relhassubclass
                    AND EXISTS (SELECT FROM pg_am a WHERE a.oid = c.relam AND a.amname = 'heap')
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND \(condition)
            ORDER BY 2, 3
            """
        )
        var tables = (0..<relations.rows).map { row in
            PostgresTable(
                oid: UInt32(relations.text(row: row, column: 0) ?? "") ?? 0,
                schema: relations.text(row: row, column: 1) ?? "",
                name: relations.text(row: row, column: 2) ?? "",
                kind: relations.text(row: row, column: 3) ?? "",
                columns: [],
                indexes: [],
                estimatedRecords: relations.text(row: row, column: 4).flatMap { Int64($0) },
                averageRecordBytes: relations.text(row: row, column: 5).flatMap { Int64($0) },
                hasPlaces: session.connection.serverVersion >= 140_000 && relations.bool(row: row, column: 6)
            )
        }
        guard !tables.isEmpty else { return [] }
        let places = Dictionary(uniqueKeysWithValues: tables.enumerated().map { ($1.oid, $0) })
        let oids = tables.map { String($0.oid) }.joined(separator: ",")
        try loadColumns(oids, places, &tables)
        try loadIndexes(oids, places, &tables)
        return tables
    }

    private func loadColumns(
        _ oids: String,
        _ places: [UInt32: Int],
        _ tables: inout [PostgresTable]
    ) throws {
        let found = try session.run(
            """
            WITH RECURSIVE below AS (
                SELECT a.attrelid, a.attnum, a.atttypid AS type, a.atttypmod AS modifier, a.attnotnull AS required
                FROM pg_attribute a
                WHERE a.attrelid IN (\(oids)) AND a.attnum > 0 AND NOT a.attisdropped
                UNION ALL
                SELECT b.attrelid, b.attnum, t.typbasetype, t.typtypmod, b.required OR t.typnotnull
                FROM below b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
            )
            SELECT a.attrelid, a.attname, b.type, b.modifier, format_type(a.atttypid, a.atttypmod),
                format_type(b.type, b.modifier), format_type(b.type, -1), a.atttypid <> b.type,
                b.required, a.atthasdef OR a.attidentity <> '', a.attgenerated <> '', a.attidentity = 'a', a.attnum,
                (SELECT quote_ident(n.nspname) || '.' || quote_ident(l.collname)
                    FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
                    WHERE l.oid = a.attcollation AND NOT l.collisdeterministic)
            FROM below b JOIN pg_attribute a USING (attrelid, attnum) JOIN pg_type t ON t.oid = b.type
            WHERE t.typtype <> 'd'
            ORDER BY a.attrelid, a.attnum
            """
        )
        for row in 0..<found.rows {
            guard let place = places[UInt32(found.text(row: row, column: 0) ?? "") ?? 0] else { continue }
            tables[place].columns.append(
                PostgresColumn(
                    name: found.text(row: row, column: 1) ?? "",
                    type: PostgresType(
                        oid: UInt32(found.text(row: row, column: 2) ?? "") ?? 0,
                        modifier: Int32(found.text(row: row, column: 3) ?? "") ?? -1,
                        name: found.text(row: row, column: 4) ?? "",
                        carrier: found.text(row: row, column: 5) ?? "",
                        baseName: found.text(row: row, column: 6) ?? "",
                        isDomain: found.bool(row: row, column: 7)
                    ),
                    isNullable: !found.bool(row: row, column: 8),
                    hasDefault: found.bool(row: row, column: 9),
                    isGenerated: found.bool(row: row, column: 10),
                    isIdentityAlways: found.bool(row: row, column: 11),
                    number: Int(found.text(row: row, column: 12) ?? "") ?? 0,
                    looseCollation: found.text(row: row, column: 13)
                )
            )
        }
    }

    private func loadIndexes(
        _ oids: String,
        _ places: [UInt32: Int],
        _ tables: inout [PostgresTable]
    ) throws {
        let found = try session.run(
            """
            SELECT i.indrelid, i.indisprimary, i.indisunique, i.indimmediate,
                i.indpred IS NOT NULL OR i.indexprs IS NOT NULL,
                am.amname = 'btree' AND 0 = ALL (i.indoption::int2[]),
                i.indnkeyatts, i.indkey::text
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
            WHERE i.indrelid IN (\(oids)) AND i.indisvalid AND i.indislive
            ORDER BY i.indrelid, i.indisprimary DESC, c.relname
            """
        )
        for row in 0..<found.rows {
            guard let place = places[UInt32(found.text(row: row, column: 0) ?? "") ?? 0] else { continue }
            tables[place].indexes.append(
                PostgresIndex(
                    columns: keyColumns(found, row, tables[place]),
                    isPrimary: found.bool(row: row, column: 1),
                    isUnique: found.bool(row: row, column: 2),
                    isImmediate: found.bool(row: row, column: 3),
                    isSpecial: found.bool(row: row, column: 4),
                    isAscending: found.bool(row: row, column: 5)
                )
            )
        }
    }

    private func keyColumns(_ found: PostgresResult, _ row: Int, _ table: PostgresTable) -> [String] {
        let count = Int(found.text(row: row, column: 6) ?? "") ?? 0
        let numbers = (found.text(row: row, column: 7) ?? "").split(separator: " ").prefix(count)
        let names = numbers.compactMap { number in
            table.columns.first { $0.number == Int(number) }?.name
        }
        // Number 0 is an expression.
        return names.count == numbers.count ? names : []
    }
}
