import Model

extension Timestamp {
    /// 2000-01-01T00:00:00Z, where the canonical encoding of times begins.
    private static let canonicalEpoch = Timestamp(microseconds: 946_684_800_000_000)

    /// `2026-01-31T23:59:59.000001Z`; without trailing zeros of the fraction.
    var iso8601: String {
        let canonical = (microseconds - Self.canonicalEpoch.microseconds).bigEndian
        let text = withUnsafeBytes(of: canonical) { ValueText.render($0, as: .timestamp) }
        return text.replacing(" ", with: "T", maxReplacements: 1) + "Z"
    }
}
