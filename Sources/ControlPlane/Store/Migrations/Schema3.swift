extension StoreSchema {
    /// Batches that workers die of, and the records that a job could not write.
    static let schema3 = """
        ALTER TABLE batches ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
        UPDATE runs SET counts = json_set(counts, '$.quarantined', 0, '$.batchesQuarantined', 0);
        """
}
