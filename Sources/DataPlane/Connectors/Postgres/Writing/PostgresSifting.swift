import Drivers
import Model

/// Finds the rows that the server refuses and writes the others, in one round trip: chunks in savepoints, halved
/// where they fail.
struct PostgresSifting {
    let plan: PostgresTargetPlan

    private static let chunk = 16
    /// SQLSTATE for "fewer rows than intended" and "a trigger left the row out".
    private static let missingState = "SL409"
    private static let suppressedState = "SL410"

    private var table: String { "pg_temp.sluice_sift_\(plan.number)" }
    private var refused: String { "pg_temp.sluice_refused_\(plan.number)" }
    private var function: String { "pg_temp.sluice_sift_\(plan.number)" }

    var createSQL: String {
        let narrowed = " AND s.pos BETWEEN v_lo AND v_hi"
        let update =
            plan.settable.isEmpty
            ? ""
            : """
            IF v_updates THEN
                \(plan.updateSQL(from: table, where: narrowed));
                GET DIAGNOSTICS v_done = ROW_COUNT;
            END IF;
            """
        return """
            CREATE TEMP TABLE sluice_refused_\(plan.number) (ord int4, state text, message text, detail text,
                field text, rule text) ON COMMIT DELETE ROWS;
            CREATE TEMP TABLE sluice_sift_\(plan.number) ON COMMIT DELETE ROWS AS
                SELECT 0 AS pos, s.* FROM \(plan.stageTable) s WITH NO DATA;
            ALTER TABLE \(table) ADD PRIMARY KEY (pos);
            CREATE FUNCTION \(function)(v_lo int, v_hi int, v_updates bool, v_inserts bool) RETURNS void LANGUAGE plpgsql AS $sift$
            #variable_conflict use_column
            DECLARE
                v_done int := 0; v_more int := 0; v_state text; v_reason text; v_detail text; v_field text; v_rule text;
                v_isnew bool; v_isthere bool;
            BEGIN
                BEGIN
                    \(update)
                    IF v_inserts THEN
                        \(plan.insertSQL(from: table, where: narrowed));
                        GET DIAGNOSTICS v_more = ROW_COUNT;
                    END IF;
                    IF v_done + v_more = v_hi - v_lo + 1 THEN RETURN; END IF;
                    RAISE EXCEPTION 'fewer rows than intended' USING ERRCODE = '\(Self.missingState)';
                EXCEPTION WHEN integrity_constraint_violation OR data_exception OR program_limit_exceeded
                    OR raise_exception OR insufficient_privilege OR SQLSTATE '\(Self.missingState)' THEN
                    GET STACKED DIAGNOSTICS v_state = RETURNED_SQLSTATE, v_reason = MESSAGE_TEXT,
                        v_detail = PG_EXCEPTION_DETAIL, v_field = COLUMN_NAME, v_rule = CONSTRAINT_NAME;
                END;
                IF v_lo = v_hi THEN
                    IF v_state IN ('\(Self.missingState)', '23505') THEN
                        SELECT s.old_ctid IS NULL, CASE WHEN s.old_ctid IS NULL THEN \(plan.keyExistsSQL)
                            ELSE EXISTS (SELECT FROM \(plan.table.qualifiedName) d
                                WHERE d.ctid = s.old_ctid AND d.xmin = s.old_xmin) END
                        INTO v_isnew, v_isthere FROM \(table) s WHERE s.pos = v_lo;
                        -- A new row whose key is there: somebody was faster. A row that nothing kept from being
                        -- written and that is not written: a trigger left it out.
                        IF v_isnew AND v_isthere THEN v_state := '\(Self.missingState)';
                        ELSIF v_state = '\(Self.missingState)' AND v_isnew <> v_isthere THEN
                            v_state := '\(Self.suppressedState)';
                        END IF;
                    END IF;
                    INSERT INTO \(refused) SELECT s.ord, v_state, v_reason, v_detail, v_field, v_rule
                        FROM \(table) s WHERE s.pos = v_lo;
                    RETURN;
                END IF;
                PERFORM \(function)(v_lo, (v_lo + v_hi) / 2, v_updates, v_inserts);
                PERFORM \(function)((v_lo + v_hi) / 2 + 1, v_hi, v_updates, v_inserts);
            END $sift$
            """
    }

    /// Writes every staged row that can be written.
    ///
    /// - Returns: the others, by row of the batch.
    /// - Throws: `WriteFailure.rolledBack` when somebody was faster.
    func run(_ link: PostgresLink) throws -> [Int: Rejection] {
        let answers = try link.connection.execute(
            """
            SET CONSTRAINTS ALL IMMEDIATE;
            INSERT INTO \(table) SELECT row_number() OVER (ORDER BY s.ord), s.* FROM \(plan.stageTable) s;
            SELECT \(function)(lo, least(lo + \(Self.chunk - 1), top), updates, inserts) FROM
                (SELECT max(pos) AS top, bool_or(old_ctid IS NOT NULL) AS updates,
                    bool_or(old_ctid IS NULL) AS inserts FROM \(table)) t,
                generate_series(1, top, \(Self.chunk)) AS lo;
            SELECT r.* FROM \(refused) r ORDER BY r.ord
            """
        )
        guard answers.count == 4 else { throw SluiceError(.internal, "sifting gave \(answers.count) answers") }
        let found = answers[3]
        var rejections: [Int: Rejection] = [:]
        for index in 0..<found.rows {
            let row = found.text(row: index, column: 0).flatMap { Int($0) } ?? -1
            let state = found.text(row: index, column: 1) ?? ""
            guard state != Self.missingState else {
                throw WriteFailure.rolledBack(
                    reason: "a row of \(plan.table.name) was changed by somebody else meanwhile"
                )
            }
            let message = found.text(row: index, column: 2) ?? ""
            rejections[row] = rejection(
                PostgresError(
                    sqlState: state,
                    message: state == Self.suppressedState ? "a trigger of the table left the row out" : message,
                    detail: found.text(row: index, column: 3),
                    column: found.text(row: index, column: 4),
                    constraint: found.text(row: index, column: 5)
                )
            )
        }
        return rejections
    }

    /// The server's refusal in Sluice's words.
    func rejection(_ error: PostgresError) -> Rejection {
        let code =
            switch error.sqlState {
            case "23502": "not_null"
            case "23505": "duplicate_key"
            case "22001": "too_long"
            default: error.sqlClass == "22" || error.sqlClass == "54" ? "invalid_value" : "constraint"
            }
        var reason = error.message
        // A detail of the form "Failing row contains (…)" would repeat the whole record.
        if let detail = error.detail, !detail.isEmpty, !detail.hasPrefix("Failing row") {
            reason += ": \(detail)"
        }
        return Rejection(code: code, field: error.column ?? "", reason: String(reason.prefix(500)))
    }
}
