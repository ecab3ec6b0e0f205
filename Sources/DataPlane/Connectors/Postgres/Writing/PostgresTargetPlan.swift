import Model

/// What `resolve` found out about a table, and the SQL of its writes.
struct PostgresTargetPlan {
    let table: PostgresTable
    let fields: [PostgresColumn]
    /// Indexes into `fields`.
    let key: [Int]
    /// Indexes into `fields` of what an update sets; key fields are never set.
    let settable: [Int]
    let traits: PostgresTraits
    /// Distinguishes the session's temporary objects.
    private(set) var number: Int
    /// Every record is a new row; the key is only what records are called by.
    let isAppend: Bool
    let normalization: ValueNormalization
    private(set) var ledger: PostgresLedger?

    init(
        table: PostgresTable,
        fields: [PostgresColumn],
        key: [Int],
        traits: PostgresTraits,
        number: Int,
        isAppend: Bool = false
    ) {
        self.table = table
        self.fields = fields
        self.key = key
        self.traits = traits
        self.number = number
        self.isAppend = isAppend
        settable = isAppend ? [] : fields.indices.filter { !key.contains($0) }
        normalization = ValueNormalization(fields)
    }

    /// The same with an account of its keys.
    func keeping(_ ledger: KeyLedger, number: Int) -> PostgresTargetPlan {
        var plan = self
        plan.number = number
        plan.ledger = PostgresLedger(ledger, plan: plan)
        return plan
    }

    /// The write is made before the intent, because what becomes of it only the server knows.
    var appliesEarly: Bool { traits.appliesEarly || !reworded.isEmpty }

    /// Only the server knows what a new row will hold.
    var altersRows: Bool { traits.hasTriggers || !reworded.isEmpty }

    /// New rows can be copied straight into the table: what is handed over is what will be there. COPY knows no policies.
    var copiesDirectly: Bool { !altersRows && !traits.hasPolicies }

    /// Fields whose values only the server can bring to their final form: `jsonb`, and types that travel as text.
    var reworded: [Int] {
        fields.indices.filter { index in
            let type = fields[index].type
            return type.isForeign || type.value == .jsonBinary
                || (type.oid == PostgresType.interval && type.modifier >= 0)
        }
    }

    /// Keys with different bytes may be the same key to the server: `citext`, `inet`, 0 and -0, 24 hours and a day, a
    /// collation that ignores case.
    var hasLooseKey: Bool {
        key.contains { index in
            let field = fields[index]
            switch field.type.value {
            case .foreign, .float32, .float64, .interval, .jsonBinary: return true
            default: return field.looseCollation != nil
            }
        }
    }

    var target: Target {
        Target(
            table: PostgresName.plain(schema: table.schema, table: table.name, defaultSchema: ""),
            fields: fields.enumerated().map { index, field in
                TargetField(
                    name: field.name,
                    type: field.type.value,
                    // Two NULL keys are two keys to the database: no record could be found again.
                    isNullable: field.isNullable && (isAppend || !key.contains(index)),
                    lengthMax: field.type.lengthMax
                )
            },
            key: key,
            mode: isAppend ? .append : .upsert
        )
    }

    /// Set for streams that are mirrored.
    var mirror: PostgresMirror? {
        ledger.flatMap { $0.ledger.isMirror ? PostgresMirror(plan: self, ledger: $0) : nil }
    }

    // MARK: Names

    var lookupName: String { "sluice_lookup_\(number)" }
    var spanName: String { "sluice_span_\(number)" }
    var stageName: String { "sluice_stage_\(number)" }
    var stageTable: String { "pg_temp.\(stageName)" }

    func column(_ index: Int) -> String { PostgresName.quoted(fields[index].name) }

    /// The staged value as the column wants it.
    func staged(_ index: Int) -> String {
        let type = fields[index].type
        return type.isForeign ? "s.f\(index)::\(type.assigned)" : "s.f\(index)"
    }

    // MARK: Reading what is there

    /// Rows by arrays of their keys. Never a lock: the tuple's version, checked by the UPDATE, is the lock.
    var lookupSQL: String {
        """
        SELECT k.n, \(ExistingRows.version), \(read) FROM \(numberedKeys)
        JOIN \(table.qualifiedName) AS d ON \(keyMatch(key.indices.map { "k.k\($0)" }))
        """
    }

    /// The keys whose like comes earlier in the arrays, with its number.
    var repeatedSQL: String {
        let values = key.enumerated().map { position, index in
            let (type, collation) = (fields[index].type, fields[index].looseCollation)
            return "k.k\(position)" + (type.isForeign ? "::\(type.baseName)" : "")
                + (collation.map { " COLLATE \($0)" } ?? "")
        }
        return """
            SELECT n, first FROM (SELECT k.n, min(k.n) OVER (PARTITION BY \(values.joined(separator: ", "))) AS first
                FROM \(numberedKeys)) AS numbered
            WHERE n > first
            """
    }

    /// Arrays of keys as rows `k`, numbered from 1.
    var numberedKeys: String {
        let arrays = key.enumerated().map { position, index in
            let type = fields[index].type
            return "$\(position + 1)::\(type.isForeign ? "text" : type.baseName)[]"
        }
        let names = key.indices.map { "k\($0)" }
        return """
            unnest(\(arrays.joined(separator: ", "))) WITH ORDINALITY AS k(\(names.joined(separator: ", ")), n)
            """
    }

    /// Rows from one key to another, at most so many.
    var spanSQL: String {
        let name = "d.\(column(key[0]))"
        return """
            SELECT NULL, \(ExistingRows.version), \(read) FROM \(table.qualifiedName) AS d
            WHERE \(name) >= $1 AND \(name) <= $2 ORDER BY \(name) LIMIT $3
            """
    }

    /// All fields of the row `d`.
    var read: String {
        fields.indices.map { index in
            "d.\(column(index))" + (fields[index].type.isForeign ? "::text" : "")
        }.joined(separator: ", ")
    }

    func keyMatch(_ values: [String]) -> String {
        zip(key, values).map { index, value in
            let type = fields[index].type
            return "d.\(column(index)) = \(value)\(type.isForeign ? "::\(type.baseName)" : "")"
        }.joined(separator: " AND ")
    }

    /// Rows by arrays of tables and tuples.
    var tuplesSQL: String {
        """
        SELECT \(read) FROM unnest($1::oid[], $2::tid[]) WITH ORDINALITY AS k(o, t, n)
        JOIN \(table.qualifiedName) AS d ON d.tableoid = k.o AND d.ctid = k.t ORDER BY k.n
        """
    }

    // MARK: Staging

    /// Columns in front of the fields: row of the batch, and ctid, xmin, tableoid of the row as it was read, NULL for
    /// a new one.
    static let leading: Int16 = 4

    var createStageSQL: String {
        let columns = fields.enumerated().map { index, field in
            "f\(index) \(field.type.isForeign ? "text" : field.type.carrier)"
        }
        return """
            CREATE TEMP TABLE \(stageName) (ord int4, old_ctid tid, old_xmin xid, old_table oid,
            \(columns.joined(separator: ", "))) ON COMMIT DELETE ROWS
            """
    }

    var copySQL: String { "COPY \(stageTable) FROM STDIN (FORMAT binary)" }

    var directCopySQL: String { "COPY \(table.qualifiedName) (\(columns)) FROM STDIN (FORMAT binary)" }

    // MARK: Writing

    /// - Parameter condition: narrows the staged rows `s`.
    func updateSQL(from source: String, where condition: String = "") -> String {
        let assignments = settable.map { "\(column($0)) = \(staged($0))" }
        // ctid alone leads straight to the row; where several tables lie under the name it is not unique, the key
        // leads.
        let keys =
            traits.hasPartitions ? "d.tableoid = s.old_table AND " + keyMatch(key.map { "s.f\($0)" }) + " AND " : ""
        return """
            UPDATE \(table.qualifiedName) AS d SET \(assignments.joined(separator: ", ")) FROM \(source) AS s
            WHERE \(keys)d.ctid = s.old_ctid AND d.xmin = s.old_xmin\(condition)
            """
    }

    func insertSQL(from source: String, where condition: String = "") -> String {
        let values = fields.indices.map(staged).joined(separator: ", ")
        // A deferrable key cannot arbitrate; its violation is an error, seen when constraints are made immediate.
        let conflict =
            traits.isKeyDeferrable
            ? "" : " ON CONFLICT (\(key.map(column).joined(separator: ", "))) DO NOTHING"
        return """
            INSERT INTO \(table.qualifiedName) AS d (\(columns))\(overriding) SELECT \(values) FROM \(source) AS s
            WHERE s.old_ctid IS NULL\(condition)\(isAppend ? " ORDER BY s.ord" : conflict)
            """
    }

    /// What an INSERT into a table to append to says of its rows, in their order: where they are, while triggers may go on
    /// changing them; else what they hold.
    var returning: String {
        guard altersRows else { return "" }
        return " RETURNING " + (traits.hasTriggers ? "tableoid::text, ctid::text" : read)
    }

    private var columns: String { fields.indices.map(column).joined(separator: ", ") }

    private var overriding: String {
        fields.contains(where: \.isIdentityAlways) ? " OVERRIDING SYSTEM VALUE" : ""
    }

    /// Whether the key of the staged row `s` is in the table, put there by somebody faster.
    var keyExistsSQL: String {
        guard !isAppend else { return "false" }
        return "EXISTS (SELECT FROM \(table.qualifiedName) AS d WHERE \(keyMatch(key.map { "s.f\($0)" })))"
    }
}
