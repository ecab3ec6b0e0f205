extension StoreSchema {
    /// Batches that are no range of records, and streams whose new table takes the place of the old one.
    static let schema4 = """
        ALTER TABLE batches ADD COLUMN kind TEXT NOT NULL DEFAULT 'records';

        UPDATE runs SET counts = json_set(counts, '$.staged', 0), streams = (
            SELECT json_group_array(json_set(value, '$.writeMode', coalesce((
                SELECT json_extract(spec, '$.streams[' || stream.key || '].writeMode') FROM job_versions
                WHERE job = runs.job AND version = runs.job_version), 'upsert')))
            FROM json_each(streams) AS stream);
        """
}
