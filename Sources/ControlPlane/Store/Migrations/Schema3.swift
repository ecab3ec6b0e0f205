extension StoreSchema {
    /// Batches that workers die of, and the records that a job could not write.
    static let schema3 = """
        ALTER TABLE batches ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;

        CREATE TABLE retries (
            job TEXT NOT NULL REFERENCES jobs (name),
            stream TEXT NOT NULL,
            key TEXT NOT NULL,
            verdict TEXT NOT NULL,
            code TEXT NOT NULL,
            field TEXT,
            reason TEXT NOT NULL,
            run INTEGER NOT NULL,
            since_run INTEGER NOT NULL,
            since INTEGER NOT NULL,
            PRIMARY KEY (job, stream, key)
        ) STRICT, WITHOUT ROWID;

        UPDATE runs SET counts = json_set(counts, '$.quarantined', 0, '$.batchesQuarantined', 0);
        """
}
