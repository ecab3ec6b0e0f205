extension StoreSchema {
    /// The log of a run, why it is held, and the connections that are frozen.
    static let schema2 = """
        ALTER TABLE runs ADD COLUMN hold TEXT;

        CREATE TABLE freezes (
            connection TEXT PRIMARY KEY REFERENCES connections (name),
            actor TEXT NOT NULL,
            reason TEXT,
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE logs (
            ordinal INTEGER PRIMARY KEY,
            run BLOB NOT NULL REFERENCES runs (id),
            at INTEGER NOT NULL,
            level TEXT NOT NULL,
            worker BLOB,
            message TEXT NOT NULL
        ) STRICT;
        CREATE INDEX logs_by_run ON logs (run, ordinal);
        """
}
