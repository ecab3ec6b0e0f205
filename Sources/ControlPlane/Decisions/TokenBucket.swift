public import Model

/// Lets records pass at a rate: a batch may start when the bucket is not in debt, and puts it in debt by its records.
///
/// So a batch larger than the rate is not split: the next one waits until it is paid for.
public struct TokenBucket: Sendable {
    let perSecond: Double
    private var paidUntil: Timestamp?

    public init(perSecond: Double) {
        self.perSecond = perSecond
    }

    /// When the next batch may start; nil: now.
    public func notBefore(_ now: Timestamp) -> Timestamp? {
        guard let paidUntil, paidUntil > now else { return nil }
        return paidUntil
    }

    public mutating func take(_ records: Int, _ now: Timestamp) {
        let start = max(paidUntil ?? now, now)
        paidUntil = start.advanced(by: .microseconds(Int64(Double(records) / perSecond * 1_000_000)))
    }
}
