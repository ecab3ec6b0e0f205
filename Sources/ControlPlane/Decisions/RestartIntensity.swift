public import Model

/// Counts the deaths that nobody ordered and that no batch explains: too many within a window hold the run. So do too many
/// quarantined batches: then it is hardly the records' fault.
public struct RestartIntensity: Sendable {
    public static let deathsMax = 3
    public static let window = Duration.seconds(60)
    public static let quarantinesMax = 10
    private var deaths: [Timestamp] = []
    private var quarantines = 0

    public init() {}

    /// Returns true when this death is one too many.
    public mutating func note(_ now: Timestamp) -> Bool {
        deaths.removeAll { now.since($0) > Self.window }
        deaths.append(now)
        return deaths.count >= Self.deathsMax
    }

    /// Returns true when this one is one too many.
    public mutating func noteQuarantine() -> Bool {
        quarantines += 1
        return quarantines >= Self.quarantinesMax
    }

    public mutating func forget() {
        deaths.removeAll()
        quarantines = 0
    }
}
