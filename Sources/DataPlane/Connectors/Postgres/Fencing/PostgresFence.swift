import Drivers
import Model

/// Gate, fence and marker at the destination: the schema `sluice` and what is done in it.
///
/// `admit` is the check that every commit passes. It raises, because a check that returns nothing would not stop a
/// COMMIT sent with it. It locks gate and fence FOR SHARE: a closer waits for commits in flight, and a commit after
/// the closer finds them closed. `closing` is read plainly and first, so that new transactions turn back instead of
/// keeping the closer waiting.
enum PostgresFence {
    /// SQLSTATE that `admit` raises.
    static let closedState = "SL001"

    /// Serializes the making of the schema: "sluice" in ASCII.
    private static let lockKey = 0x73_6C75_6963_65

    static func isMade(_ session: PostgresSession) throws -> Bool {
        let answer = try session.run("SELECT to_regprocedure('sluice.admit(uuid,uuid,uuid,uuid)') IS NOT NULL")
        return answer.bool(row: 0, column: 0)
    }

    /// Makes the schema if it is missing. Several may try at once.
    static func make(_ session: PostgresSession) throws {
        guard try !isMade(session) else { return }
        do {
            try session.connection.execute(
                "BEGIN; SET LOCAL client_min_messages = error; SELECT pg_advisory_xact_lock(\(lockKey)); \(schema); COMMIT"
            )
        } catch let error as PostgresError {
            if session.isOpen { try session.run("ROLLBACK") }
            guard error.sqlState == "42501" else { throw PostgresFailure.running(error, session.place) }
            throw SluiceError(
                .denied,
                "\(session.place): the schema \"sluice\", which lets a run be stopped exactly, cannot be made: \(error.message);"
                    + " GRANT CREATE ON DATABASE to the role of this connection"
            )
        }
    }

    private static let schema = """
        CREATE SCHEMA IF NOT EXISTS sluice;
        CREATE TABLE IF NOT EXISTS sluice.gate (
            run uuid PRIMARY KEY, installation uuid NOT NULL, closed bool NOT NULL DEFAULT false,
            opened_at timestamptz NOT NULL DEFAULT clock_timestamp(), closed_at timestamptz);
        CREATE TABLE IF NOT EXISTS sluice.fence (
            attempt uuid PRIMARY KEY, run uuid NOT NULL, installation uuid NOT NULL,
            closed bool NOT NULL DEFAULT false,
            opened_at timestamptz NOT NULL DEFAULT clock_timestamp(), closed_at timestamptz);
        CREATE TABLE IF NOT EXISTS sluice.marker (
            write uuid PRIMARY KEY, attempt uuid NOT NULL, run uuid NOT NULL, installation uuid NOT NULL,
            transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
            written_at timestamptz NOT NULL DEFAULT clock_timestamp());
        CREATE TABLE IF NOT EXISTS sluice.closing (
            id uuid PRIMARY KEY, installation uuid NOT NULL, since timestamptz NOT NULL DEFAULT clock_timestamp());
        CREATE OR REPLACE FUNCTION sluice.admit(v_installation uuid, v_run uuid, v_attempt uuid, v_write uuid)
        RETURNS void LANGUAGE plpgsql AS $admit$
        BEGIN
            IF EXISTS (SELECT FROM sluice.closing c WHERE c.id IN (v_run, v_attempt)) THEN
                RAISE EXCEPTION 'gate or fence is being closed' USING ERRCODE = '\(closedState)';
            END IF;
            PERFORM FROM sluice.gate g
                WHERE g.run = v_run AND g.installation = v_installation AND NOT g.closed FOR SHARE;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'the gate of run % is not open', v_run USING ERRCODE = '\(closedState)';
            END IF;
            PERFORM FROM sluice.fence f
                WHERE f.attempt = v_attempt AND f.run = v_run AND NOT f.closed FOR SHARE;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'the fence of attempt % is not open', v_attempt USING ERRCODE = '\(closedState)';
            END IF;
            INSERT INTO sluice.marker (write, attempt, run, installation)
                VALUES (v_write, v_attempt, v_run, v_installation);
        END $admit$
        """

    // MARK: Opening

    static func openGate(_ session: PostgresSession, installation: InstallationID, run: RunID) throws {
        let answers = try session.connection.execute(
            """
            INSERT INTO sluice.gate (run, installation) VALUES ('\(run)', '\(installation)') ON CONFLICT DO NOTHING;
            SELECT closed OR installation <> '\(installation)'
                OR EXISTS (SELECT FROM sluice.closing WHERE id = '\(run)') FROM sluice.gate WHERE run = '\(run)'
            """
        )
        guard let answer = answers.last, answer.rows == 1, !answer.bool(row: 0, column: 0) else {
            throw SluiceError(
                .conflict,
                "\(session.place): the gate of run \(run) is closed; nothing more is written by it"
            )
        }
    }

    static func openFence(_ session: PostgresSession, _ identity: WriteIdentity) throws {
        let (attempt, run, installation) = (identity.attempt, identity.run, identity.installation)
        do {
            try session.connection.execute(
                """
                INSERT INTO sluice.fence (attempt, run, installation)
                VALUES ('\(attempt)', '\(run)', '\(installation)')
                """
            )
        } catch let error as PostgresError where error.sqlState == "23505" {
            // Our own row, when the answer to an earlier try was lost; a tombstone, when somebody closed it first.
            let found = try session.run(
                "SELECT closed OR run <> '\(run)' FROM sluice.fence WHERE attempt = '\(attempt)'"
            )
            guard found.rows == 1, !found.bool(row: 0, column: 0) else {
                throw SluiceError(
                    .conflict,
                    "\(session.place): the fence of attempt \(attempt) is closed; nothing more is written by it"
                )
            }
        }
    }

    /// Whether somebody has begun to close gate or fence.
    static func isClosing(_ session: PostgresSession, _ identity: WriteIdentity) throws -> Bool {
        let answer = try session.run(
            "SELECT EXISTS (SELECT FROM sluice.closing WHERE id IN ('\(identity.run)', '\(identity.attempt)'))"
        )
        return answer.bool(row: 0, column: 0)
    }

    /// Check, marker and COMMIT as one message: after a refusal the server skips the rest.
    static func commitSQL(_ identity: WriteIdentity, behind barrier: PostgresBarrier) -> String {
        guard barrier == .rows else { return "COMMIT" }
        let values = "'\(identity.installation)', '\(identity.run)', '\(identity.attempt)', '\(identity.write)'"
        if isTurnedOff {
            return """
                INSERT INTO sluice.marker (installation, run, attempt, write) VALUES (\(values)); COMMIT
                """
        }
        return "SELECT sluice.admit(\(values)); COMMIT"
    }

    /// The protection turned off, to show that it is needed. Debug builds only.
    static var isTurnedOff: Bool {
        #if FAULT_SITES
        return FaultSwitch.isFenceOff
        #else
        return false
        #endif
    }
}
