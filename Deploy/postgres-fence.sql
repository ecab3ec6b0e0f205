-- What Sluice keeps at a PostgreSQL destination, for an administrator to make once where the role that writes may not make a
-- schema itself:
--
--   psql -v role=sluice_writer -f Deploy/postgres-fence.sql "$DATABASE_URL"
--
-- Without it runs are stopped by ending sessions and asking for transaction ids, which is exact as well; with it every commit
-- is checked by the database itself. `sluice check` says which of the two holds.
\set ON_ERROR_STOP on
BEGIN;
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
        RAISE EXCEPTION 'gate or fence is being closed' USING ERRCODE = 'SL001';
    END IF;
    PERFORM FROM sluice.gate g
        WHERE g.run = v_run AND g.installation = v_installation AND NOT g.closed FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the gate of run % is not open', v_run USING ERRCODE = 'SL001';
    END IF;
    PERFORM FROM sluice.fence f
        WHERE f.attempt = v_attempt AND f.run = v_run AND NOT f.closed FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the fence of attempt % is not open', v_attempt USING ERRCODE = 'SL001';
    END IF;
    INSERT INTO sluice.marker (write, attempt, run, installation)
        VALUES (v_write, v_attempt, v_run, v_installation);
END $admit$;
-- CREATE: keys that are remembered for the time of a run, and the rows that a mirror may delete.
GRANT USAGE, CREATE ON SCHEMA sluice TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON sluice.gate, sluice.fence, sluice.marker, sluice.closing TO :"role";
COMMIT;
