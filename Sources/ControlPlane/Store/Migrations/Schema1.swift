extension StoreSchema {
    /// Ids are 16 bytes, times µs since 1970, states and kinds their raw names, structured values JSON.
    ///
    /// Segments have a table of their own: an ending is set on the write's row, and SQLite would write the whole
    /// segment again with it. The triggers hold what no caller may ever do.
    static let schema1 = """
        CREATE TABLE meta (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            installation BLOB NOT NULL CHECK (length(installation) = 16),
            epoch INTEGER NOT NULL
        ) STRICT;
        CREATE TRIGGER meta_epoch_never_falls BEFORE UPDATE OF epoch ON meta WHEN NEW.epoch <= OLD.epoch
        BEGIN SELECT RAISE(ABORT, 'the epoch never falls'); END;

        CREATE TABLE connections (
            name TEXT PRIMARY KEY,
            type TEXT NOT NULL,
            settings TEXT NOT NULL,
            updated_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE job_versions (
            job TEXT NOT NULL,
            version INTEGER NOT NULL,
            spec TEXT NOT NULL,
            actor TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (job, version)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER job_versions_never_change BEFORE UPDATE ON job_versions
        BEGIN SELECT RAISE(ABORT, 'a job version never changes'); END;

        CREATE TABLE jobs (
            name TEXT PRIMARY KEY,
            version INTEGER NOT NULL,
            is_paused INTEGER NOT NULL CHECK (is_paused IN (0, 1)),
            paused_reason TEXT,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            FOREIGN KEY (name, version) REFERENCES job_versions (job, version)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE runs (
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
            job TEXT NOT NULL,
            job_version INTEGER NOT NULL,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            pending_end TEXT,
            trigger TEXT NOT NULL,
            actor TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER,
            reason TEXT,
            blocked_on TEXT,
            cancel TEXT,
            counts TEXT NOT NULL,
            snapshot_generation INTEGER NOT NULL,
            streams TEXT NOT NULL,
            gate_closed_at INTEGER,
            FOREIGN KEY (job, job_version) REFERENCES job_versions (job, version)
        ) STRICT;
        CREATE INDEX runs_by_job ON runs (job, number);
        CREATE INDEX runs_active ON runs (number) WHERE state NOT IN ('completed', 'cancelled', 'failed');
        CREATE TRIGGER runs_end_once BEFORE UPDATE OF state ON runs
        WHEN OLD.state IN ('completed', 'cancelled', 'failed') AND NEW.state <> OLD.state
        BEGIN SELECT RAISE(ABORT, 'a run ends once'); END;

        CREATE TABLE batches (
            id BLOB PRIMARY KEY CHECK (length(id) = 16),
            run BLOB NOT NULL REFERENCES runs (id),
            stream_index INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            range_after TEXT,
            range_through TEXT,
            records INTEGER NOT NULL,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX batches_by_sequence ON batches (run, sequence);
        CREATE INDEX batches_by_state ON batches (run, state, sequence);

        CREATE TABLE attempts (
            ordinal INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
            batch BLOB NOT NULL REFERENCES batches (id),
            run BLOB NOT NULL REFERENCES runs (id),
            incarnation BLOB NOT NULL CHECK (length(incarnation) = 16),
            state TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            reason TEXT
        ) STRICT;
        CREATE INDEX attempts_by_run ON attempts (run, ordinal);
        CREATE UNIQUE INDEX attempts_one_open ON attempts (batch) WHERE state = 'open';

        CREATE TABLE workers (
            ordinal INTEGER PRIMARY KEY,
            incarnation BLOB NOT NULL UNIQUE CHECK (length(incarnation) = 16),
            run BLOB REFERENCES runs (id),
            pid INTEGER,
            host TEXT,
            boot_id TEXT,
            lock_path TEXT,
            spawned_at INTEGER NOT NULL,
            died_at INTEGER,
            proof TEXT,
            detail TEXT
        ) STRICT;
        CREATE INDEX workers_by_run ON workers (run, ordinal);
        CREATE INDEX workers_live ON workers (ordinal) WHERE died_at IS NULL;

        CREATE TABLE writes (
            ordinal INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
            attempt BLOB NOT NULL REFERENCES attempts (id),
            batch BLOB NOT NULL REFERENCES batches (id),
            run BLOB NOT NULL REFERENCES runs (id),
            stream_index INTEGER NOT NULL,
            destination_transaction TEXT NOT NULL,
            system TEXT NOT NULL,
            digest BLOB NOT NULL,
            decision TEXT NOT NULL,
            decision_reason TEXT,
            decided_at INTEGER NOT NULL,
            decided_by INTEGER NOT NULL,
            ending TEXT,
            ending_detail TEXT,
            ended_at INTEGER,
            inserted INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            deleted INTEGER NOT NULL,
            unchanged INTEGER NOT NULL,
            rejected INTEGER NOT NULL,
            header BLOB NOT NULL
        ) STRICT;
        CREATE INDEX writes_by_run ON writes (run, ordinal);
        CREATE INDEX writes_by_batch ON writes (batch, ordinal);
        CREATE TRIGGER writes_end_once BEFORE UPDATE OF ending ON writes WHEN OLD.ending IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'a write ends once'); END;

        CREATE TABLE segments (
            write INTEGER PRIMARY KEY REFERENCES writes (ordinal),
            key_hashes BLOB NOT NULL,
            bytes BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER segments_never_change BEFORE UPDATE ON segments
        BEGIN SELECT RAISE(ABORT, 'a segment never changes'); END;

        CREATE TABLE audit (
            ordinal INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            event TEXT NOT NULL,
            run BLOB,
            subject TEXT NOT NULL,
            detail TEXT NOT NULL
        ) STRICT;
        CREATE INDEX audit_by_run ON audit (run, ordinal);
        CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'an audit row never changes'); END;
        """
}
