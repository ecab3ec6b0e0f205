/// A record that the last run that reached it rejected or quarantined.
public struct RetryView: Sendable, Hashable, Codable {
    public var stream: String
    /// Text form; several key fields joined by `,`.
    public var key: String
    /// `rejected` or `quarantined`.
    public var verdict: Verdict
    public var code: String
    /// nil: it concerns the whole record.
    public var field: String?
    public var reason: String
    /// The number of the last run that did.
    public var run: Int
    /// The first run since which every run that reached it did.
    public var sinceRun: Int
    /// When that run ended.
    public var since: Timestamp

    public init(
        stream: String,
        key: String,
        verdict: Verdict,
        code: String,
        field: String?,
        reason: String,
        run: Int,
        sinceRun: Int,
        since: Timestamp
    ) {
        self.stream = stream
        self.key = key
        self.verdict = verdict
        self.code = code
        self.field = field
        self.reason = reason
        self.run = run
        self.sinceRun = sinceRun
        self.since = since
    }
}
