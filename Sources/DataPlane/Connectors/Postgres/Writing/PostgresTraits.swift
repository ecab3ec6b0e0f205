import Drivers
import Model

/// What about a table can make a write turn out otherwise than it was sent.
struct PostgresTraits: Hashable {
    var hasTriggers = false
    /// Constraints that the worker cannot check: CHECK, FOREIGN KEY, EXCLUDE, other unique keys, those of domains, required
    /// columns that no field fills.
    var hasConstraints = false
    /// Partitions or inheriting tables: `ctid` alone does not name a row.
    var hasPartitions = false
    var isKeyDeferrable = false
    /// Row-level security: a policy can refuse a row.
    var hasPolicies = false
    /// Some partition is a foreign table: its rows are committed elsewhere, before and apart from the transaction.
    var hasForeignPartitions = false

    var appliesEarly: Bool { hasTriggers || hasConstraints || hasPartitions || isKeyDeferrable || hasPolicies }

    init() {}

    /// - Throws: `unsupported` for tables with rewrite rules.
    init(of table: PostgresTable, fields: [PostgresColumn], key: [String], _ session: PostgresSession) throws {
        let keyNumbers = table.columns.filter { key.contains($0.name) }.map { String($0.number) }
        let keyArray = "'{\(keyNumbers.joined(separator: ","))}'::int2[]"
        let answer = try session.run(
            """
            SELECT
                EXISTS (SELECT FROM pg_trigger t WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
                    AND (t.tgrelid = c.oid OR t.tgrelid IN (SELECT relid FROM pg_partition_tree(c.oid)))),
                EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f', 'x'))
                    OR EXISTS (SELECT FROM pg_constraint k WHERE k.confrelid = c.oid AND k.contype = 'f'
                        AND NOT k.confkey <@ \(keyArray)),
                c.relkind = 'p' OR c.relhassubclass,
                c.relhasrules, c.relrowsecurity,
                EXISTS (SELECT FROM pg_partition_tree(c.oid) p JOIN pg_class f ON f.oid = p.relid WHERE f.relkind = 'f')
            FROM pg_class c WHERE c.oid = \(table.oid)
            """
        )
        guard !answer.bool(row: 0, column: 3) else {
            throw SluiceError(
                .unsupported,
                "\(session.place): table \"\(table.name)\" has rewrite rules (CREATE RULE), which would turn a write into"
                    + " something else; use triggers instead, or another table"
            )
        }
        hasPolicies = answer.bool(row: 0, column: 4)
        hasForeignPartitions = answer.bool(row: 0, column: 5)
        hasTriggers = answer.bool(row: 0, column: 0)
        hasPartitions = answer.bool(row: 0, column: 2)
        let names = Set(fields.map(\.name))
        let lacksRequired = table.columns.contains {
            !$0.isNullable && !$0.hasDefault && !$0.isGenerated && !names.contains($0.name)
        }
        let keyIndexes = table.indexes.filter { $0.isPlainUnique && Set($0.columns) == Set(key) }
        let otherUnique = table.indexes.contains {
            $0.isSpecial || ($0.isUnique && Set($0.columns) != Set(key))
        }
        let hasDomain = fields.contains(where: \.type.isDomain)
        hasConstraints = answer.bool(row: 0, column: 1) || lacksRequired || otherUnique || hasDomain
        isKeyDeferrable = !keyIndexes.contains { $0.isImmediate }
    }
}
